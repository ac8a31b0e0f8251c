// The names of states and kinds are stored and published.
#include "catalog/catalog.hpp"

#include <set>

#include <gtest/gtest.h>

namespace inlet {
namespace {

TEST(SubmissionState, HasTheNamesOfTheDesign) {
    const std::vector<std::string> names{"receiving",  "settling",  "queued",   "checking", "held",
                                         "publishing", "published", "rejected", "failed",   "cancelled",
                                         "expired",    "undone",    "purged"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto state = static_cast<SubmissionState>(i);
        EXPECT_EQ(to_string(state), names[i]);
        EXPECT_EQ(submission_state_from(names[i]), state);
    }
    for (const char* name : {"", "Held", "held ", "hel", "unknown"})
        EXPECT_EQ(submission_state_from(name), std::nullopt) << name;
}

TEST(SubmissionState, SevenAreEnds) {
    const std::set<std::string_view> ends{"published", "rejected", "failed", "cancelled",
                                          "expired",   "undone",   "purged"};
    for (int i = 0; i <= static_cast<int>(SubmissionState::purged); ++i) {
        const auto state = static_cast<SubmissionState>(i);
        EXPECT_EQ(is_end(state), ends.contains(to_string(state))) << to_string(state);
    }
}

TEST(SubmissionKind, NamesComeBack) {
    for (const SubmissionKind kind : {SubmissionKind::delivery, SubmissionKind::undo, SubmissionKind::held_deletes}) {
        EXPECT_EQ(submission_kind_from(to_string(kind)), kind);
    }
    EXPECT_EQ(to_string(SubmissionKind::held_deletes), "held-deletes");
    EXPECT_EQ(submission_kind_from("deliver"), std::nullopt);
}

} // namespace
} // namespace inlet
