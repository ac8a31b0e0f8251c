// Runs work that blocks or computes on a fixed number of threads. Floor 0. Safe from any thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace inlet {

class ThreadPool {
public:
    explicit ThreadPool(std::size_t threads);
    ~ThreadPool(); // finishes what was submitted, then joins

    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    std::size_t size() const { return threads_.size(); }
    void submit(std::move_only_function<void()> work); // work must not throw

    // Runs body(i) for i in [0, count), body on the pool and on the calling thread; returns when all are done.
    void parallel(std::size_t count, const std::function<void(std::size_t)>& body);

private:
    void run();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::move_only_function<void()>> queue_; // behind mutex_
    bool stopping_ = false;                             // behind mutex_
    std::vector<std::thread> threads_;
};

} // namespace inlet
