// Ledgers against rows that are right, and against every way in which they can be wrong.
#include "simulate/reconciliation.hpp"

#include <gtest/gtest.h>

namespace inlet {
// Their suites are for those who implement them.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CatalogConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WarehouseConformance);
} // namespace inlet

namespace inlet::simulate {
namespace {

using Row = std::pair<std::int64_t, std::int64_t>; // number, submission

LedgerHead head() {
    return {.run = {1}, .seed = 5, .datasets = {{"log", {"text", false}, 10}, {"keyed", {"id", true}, 0}}};
}

class Reconciling : public testing::Test {
protected:
    Reconciling() : ledger_(head()) {}

    void add(const LedgerEntry& entry) { ASSERT_TRUE(ledger_.add(entry)); }
    // Of three records in submission 7, the second broken; and one in submission 8.
    void send_two() {
        add({.submission = SubmissionId(7), .first = 0, .count = 3, .mistake = 1});
        add({.dataset = 1, .submission = SubmissionId(8), .first = 3, .count = 1});
        states_ = {{7, SubmissionState::published}, {8, SubmissionState::published}};
        log_ = {{0, 7}, {2, 7}};
        keyed_ = {{3, 8}};
    }
    Reconciliation reconcile(bool complete = true) {
        if (complete) {
            EXPECT_TRUE(ledger_.complete_run());
        }
        auto found = reconcile_rows(ledger_, states_, [this](const PlayedDataset& dataset, const RowVisit& visit) {
            for (const auto& [number, submission] : dataset.name == "log" ? log_ : keyed_)
                visit(mark_text(dataset.mark, ledger_.head().run, number), SubmissionId(submission));
            visit("somebody else's", SubmissionId(1));
            return Status();
        });
        EXPECT_TRUE(found);
        return *found;
    }

    Ledger ledger_;
    SubmissionStates states_;
    std::vector<Row> log_;
    std::vector<Row> keyed_;
};

TEST_F(Reconciling, AllIsThere) {
    send_two();
    const Reconciliation found = reconcile();
    EXPECT_TRUE(found.passed());
    EXPECT_EQ(found.submissions, 2U);
    EXPECT_EQ(found.datasets[0].acknowledged, 2U);
    EXPECT_EQ(found.datasets[0].present, 2U);
    EXPECT_EQ(found.datasets[1].present, 1U);
}

TEST_F(Reconciling, WhatIsLostIsMissed) {
    send_two();
    log_.pop_back();
    const Reconciliation found = reconcile();
    EXPECT_FALSE(found.passed());
    EXPECT_EQ(found.datasets[0].lost, 1U);
}

TEST_F(Reconciling, WhatIsThereTwiceIsDoubled) {
    send_two();
    log_.emplace_back(2, 9);
    const Reconciliation found = reconcile();
    EXPECT_FALSE(found.passed());
    EXPECT_EQ(found.datasets[0].doubled, 1U);
}

TEST_F(Reconciling, ARequestThatWasTakenTwiceIsDoubledThoughItsKeyIsThereOnce) {
    send_two();
    keyed_ = {{3, 9}};
    const Reconciliation found = reconcile();
    EXPECT_FALSE(found.passed());
    EXPECT_EQ(found.datasets[1].doubled, 1U);
}

TEST_F(Reconciling, ABrokenRecordIsNotToBeThere) {
    send_two();
    log_.emplace_back(1, 7);
    const Reconciliation found = reconcile();
    EXPECT_FALSE(found.passed());
    EXPECT_EQ(found.datasets[0].unexpected, 1U);
}

TEST_F(Reconciling, WhatWasNeverSentIsUnexpectedOnceTheRunIsComplete) {
    send_two();
    log_.emplace_back(99, 7);
    EXPECT_TRUE(reconcile(false).passed());
    const Reconciliation found = reconcile();
    EXPECT_FALSE(found.passed());
    EXPECT_EQ(found.datasets[0].unexpected, 1U);
}

TEST_F(Reconciling, AnUnknownSubmissionIsAFault) {
    send_two();
    states_.erase(8);
    const Reconciliation found = reconcile();
    EXPECT_FALSE(found.passed());
    EXPECT_EQ(found.unknown, 1U);
}

TEST_F(Reconciling, AGoodSubmissionMustBePublishedAndABrokenOneNeedNot) {
    send_two();
    states_[7] = SubmissionState::rejected;
    log_.clear();
    EXPECT_TRUE(reconcile().passed());
    states_[8] = SubmissionState::rejected;
    keyed_.clear();
    const Reconciliation found = reconcile();
    EXPECT_FALSE(found.passed());
    EXPECT_EQ(found.unpublished, 1U);
}

TEST_F(Reconciling, WhatWaitsIsNoPass) {
    send_two();
    states_[8] = SubmissionState::queued;
    keyed_.clear();
    const Reconciliation found = reconcile();
    EXPECT_FALSE(found.passed());
    EXPECT_EQ(found.waiting, 1U);
}

TEST_F(Reconciling, WhatWasTakenBackIsGone) {
    send_two();
    add({.deed = Deed::asked, .dataset = 1, .submission = SubmissionId(8)});
    EXPECT_TRUE(reconcile().passed()) << "an undo that no answer came to may not have been done";
    add({.deed = Deed::undone, .dataset = 1, .submission = SubmissionId(8)});
    EXPECT_EQ(reconcile().undo_forgotten, 1U);
    states_[8] = SubmissionState::undone;
    EXPECT_EQ(reconcile().datasets[1].unexpected, 1U);
    keyed_.clear();
    EXPECT_TRUE(reconcile().passed());
}

TEST_F(Reconciling, ACorrectionTakesTheRecordOver) {
    send_two();
    add({.dataset = 1, .submission = SubmissionId(12), .first = 3, .count = 1});
    states_[12] = SubmissionState::published;
    EXPECT_TRUE(reconcile().passed()) << "it may have changed nothing";
    keyed_ = {{3, 12}};
    EXPECT_TRUE(reconcile().passed());
    keyed_ = {{3, 10}};
    EXPECT_EQ(reconcile().datasets[1].doubled, 1U);
}

TEST_F(Reconciling, WhatNoAnswerCameToMayBeThereOnce) {
    add({.deed = Deed::unsettled, .first = 0, .count = 2});
    add({.deed = Deed::abandoned, .first = 2, .count = 1});
    EXPECT_TRUE(reconcile().passed());
    log_ = {{0, 7}};
    const Reconciliation once = reconcile();
    EXPECT_TRUE(once.passed());
    EXPECT_EQ(once.datasets[0].unsettled_present, 1U);
    log_ = {{0, 7}, {0, 8}};
    EXPECT_EQ(reconcile().datasets[0].doubled, 1U);
    log_ = {{2, 7}};
    EXPECT_EQ(reconcile().datasets[0].unexpected, 1U);
}

TEST_F(Reconciling, ByTheNumberOfRecords) {
    send_two();
    add({.deed = Deed::unsettled, .first = 4, .count = 1});
    ASSERT_TRUE(ledger_.complete_run());
    EXPECT_TRUE(reconcile_counts(ledger_, states_, {12, 1}).passed());
    EXPECT_TRUE(reconcile_counts(ledger_, states_, {13, 1}).passed());
    EXPECT_EQ(reconcile_counts(ledger_, states_, {11, 1}).datasets[0].lost, 1U);
    EXPECT_EQ(reconcile_counts(ledger_, states_, {14, 1}).datasets[0].unexpected, 1U);
    EXPECT_EQ(reconcile_counts(ledger_, states_, {12, 2}).datasets[1].unexpected, 1U);
    EXPECT_FALSE(reconcile_counts(ledger_, states_, {12, 0}).passed());
}

} // namespace
} // namespace inlet::simulate
