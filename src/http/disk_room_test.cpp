#include "http/disk_room.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace inlet::http {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

class Room : public testing::Test {
protected:
    static bool is_full(const Status& status) { return !status && status.error().code == FailureCode::disk_full; }

    std::optional<std::uint64_t> free_ = 100 * kMiB;
    DiskRoom room_{[this] { return free_; }};
};

TEST_F(Room, TakesWhatFitsBesideWhatIsToStayFree) {
    DiskRoom::Share share;
    EXPECT_TRUE(room_.take(90 * kMiB, 10 * kMiB, share));
    DiskRoom::Share larger;
    EXPECT_TRUE(is_full(room_.take(1, 10 * kMiB, larger)));
}

TEST_F(Room, CountsWhatOthersWerePromisedUntilItIsThereOrGivenUp) {
    {
        DiskRoom::Share share;
        EXPECT_TRUE(room_.take(60 * kMiB, 0, share));
        DiskRoom::Share second;
        EXPECT_TRUE(is_full(room_.take(60 * kMiB, 0, second)));
    }
    DiskRoom::Share third;
    EXPECT_TRUE(room_.take(60 * kMiB, 0, third));
    EXPECT_TRUE(third.receive(60 * kMiB));
    free_ = 40 * kMiB;
    DiskRoom::Share fourth;
    EXPECT_TRUE(room_.take(40 * kMiB, 0, fourth));
}

TEST_F(Room, LooksAgainWhileBytesCome) {
    DiskRoom::Share share;
    EXPECT_TRUE(room_.take(0, 10 * kMiB, share));
    free_ = 9 * kMiB;
    EXPECT_TRUE(share.receive(8 * kMiB - 1));
    EXPECT_TRUE(is_full(share.receive(1)));
}

TEST_F(Room, AnnouncementsBeyondAllSenseAreRefused) {
    DiskRoom::Share share;
    EXPECT_TRUE(is_full(room_.take(std::numeric_limits<std::uint64_t>::max(), kMiB, share)));
}

TEST_F(Room, WhatCannotBeToldIsNoObstacle) {
    free_.reset();
    DiskRoom::Share share;
    EXPECT_TRUE(room_.take(500 * kMiB, kMiB, share));
}

} // namespace
} // namespace inlet::http
