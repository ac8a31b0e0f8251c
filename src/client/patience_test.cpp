#include "client/patience.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace inlet::client {
namespace {

struct Rig {
    ManualClock clock;
    std::vector<std::int64_t> pauses;
    int told = 0;
    Patience patience{{.clock = clock,
                       .limit = std::chrono::seconds(20),
                       .pause =
                           [this](std::chrono::milliseconds time) {
                               pauses.push_back(time.count());
                               clock.advance(time.count() * 1000);
                           },
                       .told = [this](const Error&) { ++told; }}};
};
Error broken() { return {FailureCode::server_unreachable, "the line broke"}; }

TEST(Patience, PausesDoubleUpToABoundAndEnd) {
    Rig rig;
    Status last;
    while ((last = rig.patience.after(broken()))) {
    }
    EXPECT_EQ(rig.pauses, (std::vector<std::int64_t>{250, 500, 1000, 2000, 4000, 8000, 8000}));
    EXPECT_EQ(rig.told, 1);
    EXPECT_EQ(last.error().message, "the line broke; given up after 23 s");
}

TEST(Patience, WhatGoesForwardIsPatientAnew) {
    Rig rig;
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(rig.patience.after(broken()));
        rig.patience.moved();
    }
    EXPECT_EQ(rig.pauses, std::vector<std::int64_t>(100, 250));
    EXPECT_EQ(rig.told, 100);
}

TEST(Patience, TheServerMayAskForMore) {
    Rig rig;
    ASSERT_TRUE(rig.patience.after(Error(FailureCode::rate_limited, "").with("retry_after", "7")));
    EXPECT_EQ(rig.pauses, std::vector<std::int64_t>{7000});
}

TEST(Patience, WhatWillNotPassIsHandedBack) {
    Rig rig;
    for (const FailureCode code : {FailureCode::unauthenticated, FailureCode::unknown_dataset, FailureCode::disk_full})
        EXPECT_EQ(rig.patience.after(Error(code, "")).error().code, code);
    EXPECT_TRUE(rig.pauses.empty());
}

} // namespace
} // namespace inlet::client
