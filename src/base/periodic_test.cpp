#include "base/periodic.hpp"

#include <atomic>
#include <semaphore>

#include <gtest/gtest.h>

namespace inlet {

namespace {

TEST(Periodic, WorksAgainAndAgainUntilItsEnd) {
    std::counting_semaphore<> done(0);
    std::atomic<int> times = 0;
    {
        const Periodic periodic(std::chrono::milliseconds(1), [&] {
            ++times;
            done.release();
        });
        for (int i = 0; i < 3; ++i) done.acquire();
    }
    const int seen = times;
    EXPECT_GE(seen, 3);
    EXPECT_EQ(times, seen) << "its thread has ended";
}

TEST(Periodic, EndsWithoutWaitingForThePause) {
    const Periodic periodic(std::chrono::hours(1), [] { FAIL(); });
}

} // namespace

} // namespace inlet
