#include "notify/expectations.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kHour = 3600LL * 1'000'000;
constexpr Timestamp kDay = 24 * kHour;

TEST(Overdue, CountsFromTheLastDelivery) {
    const Expectation hourly{.every = 1h};
    EXPECT_FALSE(overdue(hourly, 0, 5 * kHour, 6 * kHour - 1));
    const auto late = overdue(hourly, 0, 5 * kHour, 6 * kHour);
    ASSERT_TRUE(late);
    EXPECT_EQ(late->deadline, 6 * kHour);
    EXPECT_FALSE(late->is_missing);
    const auto missing = overdue(hourly, 0, 5 * kHour, 8 * kHour + 1);
    ASSERT_TRUE(missing);
    EXPECT_EQ(missing->deadline, 8 * kHour);
    EXPECT_TRUE(missing->is_missing);
}

TEST(Overdue, CountsFromTheBeginningWhereNothingCameYet) {
    const Expectation hourly{.every = 1h};
    EXPECT_FALSE(overdue(hourly, 100 * kHour, std::nullopt, 101 * kHour - 1));
    EXPECT_TRUE(overdue(hourly, 100 * kHour, std::nullopt, 101 * kHour));
    // What came before anybody watched is older than the watch.
    EXPECT_FALSE(overdue(hourly, 100 * kHour, 2 * kHour, 101 * kHour - 1));
}

TEST(Overdue, HasAMomentEachDay) {
    const Expectation daily{.every = 24h, .by = 6h};
    const Timestamp six = 20'000 * kDay + 6 * kHour;
    const Timestamp since = six - 10 * kDay;
    EXPECT_FALSE(overdue(daily, since, six - kHour, six));
    EXPECT_FALSE(overdue(daily, since, six - kDay + 1, six + kHour));
    const auto late = overdue(daily, since, six - kDay, six);
    ASSERT_TRUE(late);
    EXPECT_EQ(late->deadline, six);
    EXPECT_FALSE(late->is_missing);
    EXPECT_EQ(overdue(daily, since, six - kDay - 1, six - 1).has_value(), false); // its moment is still to come
    EXPECT_TRUE(overdue(daily, since, six - 2 * kDay, six + 5 * kHour)->is_missing);
    EXPECT_FALSE(overdue(daily, since, six + kHour, six + 2 * kHour)); // it came, late
}

TEST(Overdue, LeavesAlonePeriodsThatBeganUnwatched) {
    const Expectation daily{.every = 24h, .by = 6h};
    const Timestamp six = 20'000 * kDay + 6 * kHour;
    EXPECT_FALSE(overdue(daily, six - kHour, std::nullopt, six));
    EXPECT_TRUE(overdue(daily, six - kHour, std::nullopt, six + kDay));
}

TEST(Unusual, ComparesWithTheMedian) {
    const Expectation expected{.min_share = 0.5, .max_share = 2.0};
    EXPECT_FALSE(unusual(expected, 0, {100, 100}));
    EXPECT_FALSE(unusual(expected, 50, {100, 1, 9000}));
    EXPECT_EQ(unusual(expected, 49, {100, 1, 9000}), 100U);
    EXPECT_FALSE(unusual(expected, 200, {100, 100, 100}));
    EXPECT_EQ(unusual(expected, 201, {100, 100, 100}), 100U);
    EXPECT_FALSE(unusual({.max_share = 2.0}, 0, {100, 100, 100}));
}

} // namespace
} // namespace inlet
