// Work is done once, all of it, and parallel() waits for it.
#include "base/thread_pool.hpp"

#include <atomic>
#include <latch>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace inlet {
namespace {

TEST(ThreadPool, FinishesWhatWasSubmittedBeforeItIsGone) {
    std::atomic<int> done{0};
    {
        ThreadPool pool(3);
        EXPECT_EQ(pool.size(), 3U);
        for (int i = 0; i < 1'000; ++i) pool.submit([&] { ++done; });
    }
    EXPECT_EQ(done, 1'000);
}

TEST(ThreadPool, RunsOnSeveralThreadsAtOnce) {
    ThreadPool pool(2);
    std::latch together(3); // each waits for the other two, which one thread alone would never get past
    std::latch done(2);
    for (int i = 0; i < 2; ++i) {
        pool.submit([&] {
            together.arrive_and_wait();
            done.count_down();
        });
    }
    together.arrive_and_wait();
    done.wait();
    EXPECT_TRUE(done.try_wait());
}

TEST(ThreadPool, TakesWorkThatCanOnlyBeMoved) {
    std::latch done(1);
    int seen = 0;
    ThreadPool pool(1);
    pool.submit([&, value = std::make_unique<int>(7)] {
        seen = *value;
        done.count_down();
    });
    done.wait();
    EXPECT_EQ(seen, 7);
}

TEST(ThreadPool, ParallelDoesEachIndexOnceBeforeItReturns) {
    ThreadPool pool(4);
    for (const std::size_t count : {0U, 1U, 2U, 5U, 1'000U}) {
        std::vector<std::atomic<int>> times(count);
        pool.parallel(count, [&](std::size_t i) { ++times[i]; });
        for (const auto& time : times) EXPECT_EQ(time, 1);
    }
}

TEST(ThreadPool, ParallelUsesTheCallingThreadToo) {
    ThreadPool pool(1);
    std::latch together(2);
    std::mutex mutex;
    std::set<std::thread::id> threads;
    pool.parallel(2, [&](std::size_t) {
        {
            const std::lock_guard lock(mutex);
            threads.insert(std::this_thread::get_id());
        }
        together.arrive_and_wait();
    });
    EXPECT_EQ(threads.size(), 2U);
    EXPECT_TRUE(threads.contains(std::this_thread::get_id()));
}

TEST(ThreadPool, ParallelWithinParallelAndOnABusyPoolEnds) {
    ThreadPool pool(2);
    std::atomic<int> sum{0};
    pool.parallel(8, [&](std::size_t) { pool.parallel(8, [&](std::size_t i) { sum += static_cast<int>(i); }); });
    EXPECT_EQ(sum, 8 * 28);

    std::latch release(1);
    for (int i = 0; i < 2; ++i) pool.submit([&] { release.wait(); });
    pool.parallel(3, [&](std::size_t) { ++sum; });
    EXPECT_EQ(sum, 8 * 28 + 3);
    release.count_down();
}

TEST(ThreadPool, ParallelCallsFromSeveralThreadsDoNotMix) {
    ThreadPool pool(2);
    std::vector<int> sums(4);
    std::vector<std::thread> callers;
    for (std::size_t caller = 0; caller < sums.size(); ++caller) {
        callers.emplace_back([&, caller] {
            for (int round = 0; round < 200; ++round) {
                std::atomic<int> sum{0};
                pool.parallel(10, [&](std::size_t i) { sum += static_cast<int>(i); });
                sums[caller] += sum;
            }
        });
    }
    for (auto& caller : callers) caller.join();
    for (const int sum : sums) EXPECT_EQ(sum, 200 * 45);
}

TEST(ThreadPool, WithoutThreadsTheCallerDoesIt) {
    ThreadPool pool(0);
    int sum = 0;
    pool.parallel(10, [&](std::size_t i) { sum += static_cast<int>(i); });
    EXPECT_EQ(sum, 45);
}

} // namespace
} // namespace inlet
