#include "pipeline/reject_policy.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

using Then = RejectPolicy::Then;

TEST(RejectPolicy, PassesWhatHasNoRejects) {
    EXPECT_EQ(judge_rejects({}, 10, 0, false), RejectVerdict::pass);
    EXPECT_EQ(judge_rejects({}, 0, 0, false), RejectVerdict::pass);
}

TEST(RejectPolicy, RejectsAnyRejectWithoutLimits) {
    for (const Then then : {Then::reject, Then::hold, Then::publish_rest}) {
        EXPECT_EQ(judge_rejects({.then = then}, 1000, 1, true), RejectVerdict::reject);
    }
}

TEST(RejectPolicy, CountsToTheLimitInclusive) {
    const RejectPolicy rows{.max_rows = 2, .then = Then::publish_rest};
    EXPECT_EQ(judge_rejects(rows, 10, 2, false), RejectVerdict::pass);
    EXPECT_EQ(judge_rejects(rows, 10, 3, false), RejectVerdict::reject);
    const RejectPolicy share{.max_share = 0.01, .then = Then::publish_rest};
    EXPECT_EQ(judge_rejects(share, 100, 1, false), RejectVerdict::pass);
    EXPECT_EQ(judge_rejects(share, 99, 1, false), RejectVerdict::reject);
    const RejectPolicy both{.max_rows = 5, .max_share = 0.5, .then = Then::publish_rest};
    EXPECT_EQ(judge_rejects(both, 6, 3, false), RejectVerdict::pass);
    EXPECT_EQ(judge_rejects(both, 6, 4, false), RejectVerdict::reject);
    EXPECT_EQ(judge_rejects(both, 100, 6, false), RejectVerdict::reject);
}

TEST(RejectPolicy, HoldsWithinTheLimitsUntilApproved) {
    const RejectPolicy hold{.max_rows = 2, .then = Then::hold};
    EXPECT_EQ(judge_rejects(hold, 10, 2, false), RejectVerdict::hold);
    EXPECT_EQ(judge_rejects(hold, 10, 2, true), RejectVerdict::pass);
    EXPECT_EQ(judge_rejects(hold, 10, 3, true), RejectVerdict::reject);
}

TEST(RejectPolicy, SaysWhatIsAllowed) {
    EXPECT_EQ(too_many_rejects({}, "a.csv", 10, 1).message, "1 of 10 records of `a.csv` are broken; none is allowed");
    EXPECT_EQ(too_many_rejects({.max_rows = 5, .max_share = 0.01, .then = Then::publish_rest}, "a.csv", 100, 6).message,
              "6 of 100 records of `a.csv` are broken; at most 5 and 1 % may be");
}

} // namespace
} // namespace inlet
