// Calls of routes on the threads kept for them: so many at once, and no more waiting than allowed. Floor 5. Safe from
// any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/thread_pool.hpp"
#include "http/asio/net.hpp"

namespace inlet::http {

class Calls {
public:
    Calls(std::size_t threads, std::size_t waiting_max) : limit_(threads + waiting_max), pool_(threads) {}

    bool submit(std::move_only_function<void()> work) {
        if (taken_.fetch_add(1) >= limit_) {
            taken_.fetch_sub(1);
            return false;
        }
        pool_.submit([this, work = std::move(work)]() mutable {
            work();
            work = nullptr;
            taken_.fetch_sub(1);
        });
        return true;
    }

    // Runs work while the coroutine waits; it is not counted.
    template <class T>
    asio::awaitable<T> run(std::move_only_function<T()> work) {
        auto executor = co_await asio::this_coro::executor;
        co_return co_await asio::async_initiate<decltype(asio::use_awaitable), void(T)>(
            [this, executor](auto handler, std::move_only_function<T()> what) {
                pool_.submit([handler = std::move(handler), what = std::move(what), executor,
                              guard = asio::make_work_guard(executor)]() mutable {
                    T result = what();
                    asio::post(executor, [handler = std::move(handler), result = std::move(result)]() mutable {
                        std::move(handler)(std::move(result));
                    });
                });
            },
            asio::use_awaitable, std::move(work));
    }

private:
    const std::size_t limit_;
    std::atomic<std::size_t> taken_{0};
    ThreadPool pool_;
};

} // namespace inlet::http
