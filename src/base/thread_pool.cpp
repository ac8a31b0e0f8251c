// A plain locked queue: work items here are milliseconds long, so contention on the lock does not show.
#include "base/thread_pool.hpp"

#include <algorithm>
#include <atomic>
#include <memory>

namespace inlet {

ThreadPool::ThreadPool(std::size_t threads) {
    threads_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

ThreadPool::~ThreadPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
}

void ThreadPool::submit(std::move_only_function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(work));
    }
    wake_.notify_one();
}

void ThreadPool::run() {
    for (;;) {
        std::move_only_function<void()> work;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            work = std::move(queue_.front());
            queue_.pop_front();
        }
        work();
    }
}

void ThreadPool::parallel(std::size_t count, const std::function<void(std::size_t)>& body) {
    if (count == 0) return;
    // Shared by the caller and the helpers: a helper may start only after the caller has returned, and must find
    // nothing left.
    struct Shared {
        std::atomic<std::size_t> next{0};
        std::atomic<std::size_t> done{0};
        std::mutex mutex;
        std::condition_variable finished;
    };
    auto shared = std::make_shared<Shared>();
    auto work = [shared, count, &body] {
        for (;;) {
            const std::size_t i = shared->next.fetch_add(1);
            if (i >= count) return;
            body(i);
            if (shared->done.fetch_add(1) + 1 == count) {
                const std::lock_guard lock(shared->mutex);
                shared->finished.notify_all();
            }
        }
    };
    const std::size_t helpers = std::min(count - 1, threads_.size());
    for (std::size_t i = 0; i < helpers; ++i) submit(work);
    work();
    std::unique_lock lock(shared->mutex);
    shared->finished.wait(lock, [&] { return shared->done.load() == count; });
}

} // namespace inlet
