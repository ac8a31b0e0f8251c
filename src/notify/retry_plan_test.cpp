#include "notify/retry_plan.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace inlet {
namespace {

constexpr Timestamp kSecond = 1'000'000;
constexpr double kMiddle = 0.5;

TEST(RetryPlan, GrowsFourfoldUpToSixHoursAndEndsAfterADay) {
    std::vector<Timestamp> pauses;
    Timestamp now = 1000 * kSecond;
    const Timestamp first = now;
    for (std::uint32_t attempts = 1;; ++attempts) {
        const auto next = next_attempt(attempts, first, now, kMiddle, 0);
        if (!next) break;
        pauses.push_back((*next - now) / kSecond);
        now = *next;
    }
    EXPECT_EQ(pauses, (std::vector<Timestamp>{5, 20, 80, 320, 1280, 5120, 20480, 21600, 21600}));
    EXPECT_LE(now, first + kRetryFor);
}

TEST(RetryPlan, ScattersByAFifth) {
    EXPECT_EQ(next_attempt(1, 0, 0, 0, 0), 4 * kSecond);
    EXPECT_EQ(next_attempt(1, 0, 0, 1, 0), 6 * kSecond);
    EXPECT_EQ(next_attempt(9, 0, 0, 1, 0), kRetryMost);
}

TEST(RetryPlan, WaitsAsLongAsTheReceiverAsksWithinReason) {
    EXPECT_EQ(next_attempt(1, 0, 0, kMiddle, 60 * kSecond), 60 * kSecond);
    EXPECT_EQ(next_attempt(3, 0, 0, kMiddle, kSecond), 80 * kSecond);
    EXPECT_EQ(next_attempt(1, 0, 0, kMiddle, 30 * kRetryFor), kRetryMost);
}

TEST(RetryPlan, GivesUpWhatWouldBeTooLate) {
    EXPECT_EQ(next_attempt(2, 0, kRetryFor - 20 * kSecond, kMiddle, 0), kRetryFor);
    EXPECT_EQ(next_attempt(2, 0, kRetryFor - 19 * kSecond, kMiddle, 0), std::nullopt);
}

} // namespace
} // namespace inlet
