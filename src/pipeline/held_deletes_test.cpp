// Snapshots whose deletions are held: what is published, what waits, and what becomes of it.
#include <gtest/gtest.h>

#include "pipeline/testing/pipeline_rig.hpp"
#include "pipeline/testing/zip_maker.hpp"

namespace inlet {
namespace {

using Rows = std::vector<std::string>;
using State = SubmissionState;

constexpr std::string_view kProject = R"(
project: test
datasets:
  stock:
    schema: {fields: [{name: id, type: integer}, {name: n, type: integer}], primaryKey: [id]}
    write: sync
    rejects: {max_rows: 1, then: publish_rest}
    deletes: {policy: missing, max_rows: 1, on_rejects: keep_broken}
  whole:
    schema: {fields: [{name: id, type: integer}], primaryKey: [id]}
    write: replace
    deletes: {policy: missing, max_rows: 1}
packages:
  drop: {match: data.zip, members: {stock.csv: stock}}
)";

class HeldDeletes : public testing::TestWithParam<RigCase> {
protected:
    HeldDeletes() { rig.load("stock", "id,n\n1,1\n2,2\n3,3\n4,4\n"); }
    ~HeldDeletes() override { EXPECT_EQ(rig.left_over(), Rows{}); }

    SubmissionRecord snapshot() { return rig.load("stock", "id,n\n1,10\n"); }
    // The submission that holds the deletions of `parent`.
    SubmissionRecord child_of(const SubmissionRecord& parent) {
        for (const SubmissionRecord& record : rig.records()) {
            if (record.parent == parent.id) return record;
        }
        ADD_FAILURE() << "nothing is held";
        return {};
    }
    PipelineRig rig{kProject, GetParam().make};
};

TEST_P(HeldDeletes, TheRestIsPublishedAndTheDeletionsWait) {
    const SubmissionRecord parent = snapshot();
    EXPECT_EQ(parent.state, State::published);
    EXPECT_EQ(parent.parts[0].updated, 1U);
    EXPECT_EQ(parent.parts[0].held_deletes, 3U);
    EXPECT_EQ(rig.rows("stock"), (Rows{"1|10", "2|2", "3|3", "4|4"}));
    const SubmissionRecord child = child_of(parent);
    EXPECT_EQ(child.kind, SubmissionKind::held_deletes);
    EXPECT_EQ(child.state, State::held);
    EXPECT_EQ(child.reason_code, "deletes-over-limit");
    EXPECT_EQ(child.asked_deletes, (std::map<std::string, std::uint64_t>{{"stock", 3}}));
    EXPECT_EQ(rig.raw(child.id), "id,n\n1,10\n");
}

TEST_P(HeldDeletes, AreShownAndCarriedOutOnceApproved) {
    const SubmissionRecord child = child_of(snapshot());
    const auto shown = rig.pipeline().preview(child.id, 10);
    ASSERT_TRUE(shown) << to_string(shown.error());
    EXPECT_EQ(shown->outcomes.at(0).counts.deleted, 3U);
    EXPECT_EQ(shown->outcomes.at(0).sample.size(), 3U);
    EXPECT_EQ(rig.record(child.id).state, State::held);
    const auto approved = rig.pipeline().approve(child.id, "boss");
    ASSERT_TRUE(approved) << to_string(approved.error());
    EXPECT_EQ(approved->state, State::published);
    EXPECT_EQ(approved->parts[0].deleted, 3U);
    EXPECT_EQ(rig.rows("stock"), Rows{"1|10"});
}

TEST_P(HeldDeletes, AreNoLongerAskedForOnceALaterSnapshotStands) {
    const SubmissionRecord child = child_of(snapshot());
    rig.load("stock", "id,n\n1,10\n2,2\n3,30\n4,4\n"); // all four are delivered anew
    const auto shown = rig.pipeline().preview(child.id, 10);
    ASSERT_TRUE(shown) << to_string(shown.error());
    EXPECT_EQ(shown->reason->code, FailureCode::superseded_by_snapshot);
    const auto refused = rig.pipeline().approve(child.id, "boss");
    ASSERT_TRUE(refused) << to_string(refused.error());
    EXPECT_EQ(refused->state, State::rejected);
    EXPECT_EQ(refused->reason_code, "superseded-by-snapshot");
    EXPECT_EQ(rig.rows("stock"), (Rows{"1|10", "2|2", "3|30", "4|4"}));
}

TEST_P(HeldDeletes, AreAskedForAgainOnceTheLaterSnapshotIsUndone) {
    const SubmissionRecord child = child_of(snapshot());
    const SubmissionRecord later = rig.load("stock", "id,n\n1,10\n2,2\n3,30\n4,4\n");
    ASSERT_TRUE(rig.pipeline().undo({later.id}, false, false, "boss"));
    const auto refused = rig.pipeline().approve(child.id, "boss");
    ASSERT_FALSE(refused) << "row 3 was written since, though as it stood";
    EXPECT_EQ(refused.error().code, FailureCode::approval_changed);
    EXPECT_EQ(rig.record(child.id).asked_deletes.at("stock"), 2U);
    EXPECT_EQ(rig.pipeline().approve(child.id, "boss")->state, State::published);
    EXPECT_EQ(rig.rows("stock"), (Rows{"1|10", "3|3"}));
}

TEST_P(HeldDeletes, SpareKeysOfBrokenRecords) {
    const SubmissionRecord parent = rig.load("stock", "id,n\n1,10\n2,broken\n");
    EXPECT_EQ(parent.state, State::published);
    EXPECT_EQ(parent.parts[0].held_deletes, 2U);
    ASSERT_TRUE(rig.pipeline().approve(child_of(parent).id, "boss"));
    EXPECT_EQ(rig.rows("stock"), (Rows{"1|10", "2|2"}));
}

TEST_P(HeldDeletes, GoWithTheSnapshotThatIsUndone) {
    const SubmissionRecord parent = snapshot();
    const auto undone = rig.pipeline().undo({parent.id}, false, false, "boss");
    ASSERT_TRUE(undone) << to_string(undone.error());
    const SubmissionRecord child = child_of(parent);
    EXPECT_EQ(child.state, State::cancelled);
    EXPECT_EQ(child.reason, "submission 2 was undone");
}

TEST_P(HeldDeletes, CanBeCancelled) {
    const SubmissionRecord child = child_of(snapshot());
    ASSERT_TRUE(rig.pipeline().cancel(child.id, "boss"));
    EXPECT_EQ(rig.rows("stock").size(), 4U);
}

TEST_P(HeldDeletes, KeepTheSnapshotFromBeingPruned) {
    const SubmissionRecord parent = snapshot();
    ASSERT_TRUE(rig.catalog->forget_raw(parent.id));
    rig.clock.advance(Timestamp{7200} * 1'000'000);
    ASSERT_TRUE(rig.pipeline().prune(false));
    EXPECT_EQ(rig.pipeline().approve(child_of(parent).id, "boss")->state, State::published);
}

TEST_P(HeldDeletes, AreFoundInThePackageTheyCameIn) {
    const SubmissionRecord parent = rig.load_package("drop", make_zip({{"stock.csv", "id,n\n1,10\n"}}));
    EXPECT_EQ(parent.state, State::published) << parent.reason;
    const auto approved = rig.pipeline().approve(child_of(parent).id, "boss");
    ASSERT_TRUE(approved) << to_string(approved.error());
    EXPECT_EQ(approved->state, State::published) << approved->reason;
    EXPECT_EQ(rig.rows("stock"), Rows{"1|10"});
}

TEST_P(HeldDeletes, AnEmptySnapshotIsHeldWhole) {
    const SubmissionRecord held = rig.load("stock", "id,n\n");
    EXPECT_EQ(held.state, State::held);
    EXPECT_EQ(held.reason_code, "empty-snapshot");
    EXPECT_EQ(held.asked_deletes.at("stock"), 4U);
    EXPECT_EQ(rig.rows("stock").size(), 4U);
    EXPECT_EQ(rig.pipeline().approve(held.id, "boss")->state, State::published);
    EXPECT_EQ(rig.rows("stock"), Rows{});
}

TEST_P(HeldDeletes, AReplaceIsHeldWhole) {
    rig.load("whole", "id\n1\n2\n3\n");
    const SubmissionRecord held = rig.load("whole", "id\n4\n");
    EXPECT_EQ(held.state, State::held);
    EXPECT_EQ(held.reason_code, "deletes-over-limit");
    EXPECT_EQ(rig.rows("whole").size(), 3U);
    EXPECT_EQ(rig.pipeline().approve(held.id, "boss")->state, State::published);
    EXPECT_EQ(rig.rows("whole"), Rows{"4"});
}

TEST_P(HeldDeletes, AnApprovalIsForWhatWasShown) {
    rig.load("whole", "id\n1\n2\n3\n");
    const SubmissionRecord held = rig.load("whole", "id\n4\n");
    rig.load("whole", "id\n1\n2\n");
    const auto refused = rig.pipeline().approve(held.id, "boss");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, FailureCode::approval_changed);
    const SubmissionRecord again = rig.record(held.id);
    EXPECT_EQ(again.state, State::held);
    EXPECT_EQ(again.reason_code, "approval-changed");
    EXPECT_EQ(again.asked_deletes.at("whole"), 2U);
    const auto shown = rig.pipeline().preview(held.id, 10);
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->record.state, State::published) << "as it would be";
    EXPECT_EQ(shown->outcomes.at(0).counts.deleted, 2U);
    EXPECT_EQ(rig.pipeline().approve(held.id, "boss")->state, State::published);
    EXPECT_EQ(rig.rows("whole"), Rows{"4"});
}

INSTANTIATE_TEST_SUITE_P(Both, HeldDeletes, testing::ValuesIn(rig_cases()), rig_case_name);

} // namespace
} // namespace inlet
