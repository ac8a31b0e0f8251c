#include "http/asio/body_pace.hpp"

#include <gtest/gtest.h>

namespace inlet::http {
namespace {

using std::chrono::seconds;

TEST(BodyPace, AsksForTheAverageOverEachStretch) {
    BodyPace pace(100, seconds(10));
    EXPECT_TRUE(pace.came(0, seconds(9)));
    EXPECT_TRUE(pace.came(1000, seconds(1)));
    EXPECT_TRUE(pace.came(0, seconds(9)));
    EXPECT_FALSE(pace.came(999, seconds(1)));
}

TEST(BodyPace, WhatCameBeforeDoesNotHelpLater) {
    BodyPace pace(100, seconds(10));
    EXPECT_TRUE(pace.came(1'000'000, seconds(10)));
    EXPECT_FALSE(pace.came(1, seconds(10)));
}

TEST(BodyPace, AnyPaceWillDoIfNoneIsAskedFor) {
    BodyPace pace(0, seconds(10));
    EXPECT_TRUE(pace.came(0, seconds(3600)));
}

} // namespace
} // namespace inlet::http
