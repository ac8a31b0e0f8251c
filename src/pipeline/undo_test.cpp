// Undos, and what becomes of the submissions they take back.
#include <gtest/gtest.h>

#include "pipeline/testing/pipeline_rig.hpp"

namespace inlet {
namespace {

using Rows = std::vector<std::string>;
using State = SubmissionState;

constexpr std::string_view kProject = R"(
project: test
datasets:
  ratings:
    schema: {fields: [{name: id, type: integer}, {name: rating, type: number}], primaryKey: [id]}
    write: upsert
  log: {schema: {fields: [{name: id, type: integer}]}}
)";

class Undo : public testing::TestWithParam<RigCase> {
protected:
    ~Undo() override { EXPECT_EQ(rig.left_over(), Rows{}); }
    PipelineRig rig{kProject, GetParam().make};
};

TEST_P(Undo, TakesASubmissionBack) {
    const SubmissionRecord first = rig.load("ratings", "id,rating\n1,1\n2,2\n");
    const SubmissionRecord second = rig.load("ratings", "id,rating\n1,5\n3,3\n");
    const auto undone = rig.pipeline().undo({second.id}, false, false, "boss");
    ASSERT_TRUE(undone) << to_string(undone.error());
    EXPECT_EQ(undone->record.kind, SubmissionKind::undo);
    EXPECT_EQ(undone->record.state, State::published);
    EXPECT_EQ(undone->record.version, Version(3));
    EXPECT_EQ(undone->record.by, "boss");
    EXPECT_EQ(undone->record.undoes, std::vector{second.id});
    ASSERT_EQ(undone->record.parts.size(), 1U);
    EXPECT_EQ(undone->record.parts[0].dataset, "ratings");
    EXPECT_EQ(undone->record.parts[0].updated, 1U);
    EXPECT_EQ(undone->record.parts[0].deleted, 1U);
    EXPECT_EQ(undone->outcome.version, Version(3));
    EXPECT_EQ(rig.record(second.id).state, State::undone);
    EXPECT_EQ(rig.record(first.id).state, State::published);
    EXPECT_EQ(rig.rows("ratings"), (Rows{"1|1", "2|2"}));
    EXPECT_EQ(rig.rows("ratings", Version(2)), (Rows{"1|5", "2|2", "3|3"}));
}

TEST_P(Undo, AnUndoCanBeUndone) {
    const SubmissionRecord first = rig.load("log", "id\n1\n");
    const auto undo = rig.pipeline().undo({first.id}, false, false, "");
    const auto redo = rig.pipeline().undo({undo->record.id}, false, false, "");
    ASSERT_TRUE(redo) << to_string(redo.error());
    EXPECT_EQ(rig.record(first.id).state, State::published);
    EXPECT_EQ(rig.record(undo->record.id).state, State::undone);
    EXPECT_EQ(rig.rows("log"), Rows{"1"});
    const auto again = rig.pipeline().undo({redo->record.id}, false, false, "");
    ASSERT_TRUE(again) << to_string(again.error());
    EXPECT_EQ(rig.record(first.id).state, State::undone);
    EXPECT_EQ(rig.record(undo->record.id).state, State::published);
    EXPECT_EQ(rig.rows("log"), Rows{});
}

TEST_P(Undo, RefusalsAreAnsweredAndWrittenDown) {
    const SubmissionRecord first = rig.load("ratings", "id,rating\n1,1\n");
    const SubmissionRecord second = rig.load("ratings", "id,rating\n1,5\n");
    const auto refused = rig.pipeline().undo({first.id}, false, false, "boss");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, FailureCode::undo_conflict);
    EXPECT_EQ(rig.records().back().state, State::rejected);
    EXPECT_EQ(rig.records().back().reason_code, "undo-conflict");
    EXPECT_EQ(rig.record(first.id).state, State::published);
    const auto cascade = rig.pipeline().undo({first.id}, true, false, "boss");
    ASSERT_TRUE(cascade) << to_string(cascade.error());
    EXPECT_EQ(cascade->record.undoes, (std::vector{first.id, second.id}));
    EXPECT_EQ(rig.record(second.id).state, State::undone);
    EXPECT_EQ(rig.rows("ratings"), Rows{});
    EXPECT_EQ(rig.pipeline().undo({first.id}, false, false, "boss").error().code, FailureCode::already_undone);
}

TEST_P(Undo, CanBeRehearsed) {
    const SubmissionRecord first = rig.load("log", "id\n1\n");
    const auto rehearsed = rig.pipeline().undo({first.id}, false, true, "");
    ASSERT_TRUE(rehearsed) << to_string(rehearsed.error());
    EXPECT_EQ(rehearsed->outcome.parts.at(0).counts.deleted, 1U);
    EXPECT_EQ(rehearsed->record.id, SubmissionId());
    EXPECT_EQ(rig.record(first.id).state, State::published);
    EXPECT_EQ(rig.records().size(), 1U);
    EXPECT_EQ(rig.rows("log"), Rows{"1"});
}

TEST_P(Undo, NeedsSubmissionsThatExist) {
    EXPECT_EQ(rig.pipeline().undo({SubmissionId(7)}, false, false, "").error().code, FailureCode::unknown_submission);
    EXPECT_TRUE(rig.records().empty());
    const SubmissionRecord rejected = rig.load("log", "id\nx\n");
    EXPECT_EQ(rig.pipeline().undo({rejected.id}, false, false, "").error().code, FailureCode::not_undoable);
}

TEST_P(Undo, TheSameBytesMayComeAgainAfterwards) {
    const SubmissionRecord first = rig.load("log", "id\n1\n");
    ASSERT_TRUE(rig.pipeline().undo({first.id}, false, false, ""));
    const SubmissionRecord second = rig.load("log", "id\n1\n");
    EXPECT_NE(second.id, first.id);
    EXPECT_EQ(rig.rows("log"), Rows{"1"});
}

TEST_P(Undo, HasNoFile) {
    const SubmissionRecord first = rig.load("log", "id\n1\n");
    const auto undo = rig.pipeline().undo({first.id}, false, false, "");
    EXPECT_EQ(rig.pipeline().open_raw(undo->record.id).error().code, FailureCode::bad_argument);
    EXPECT_EQ(rig.errors(undo->record.id), "");
}

TEST_P(Undo, AFailedOneCanBeRetried) {
    const SubmissionRecord first = rig.load("log", "id\n1\n");
    rig.warehouse->fail_at(1, FailureCode::disk_full, FaultWarehouse::Moment::before, true);
    const auto failed = rig.pipeline().undo({first.id}, false, false, "");
    rig.heal();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, FailureCode::disk_full);
    ASSERT_TRUE(rig.restart());
    EXPECT_EQ(rig.records().back().state, State::failed);
    const auto retried = rig.pipeline().retry(rig.records().back().id, "");
    ASSERT_TRUE(retried) << to_string(retried.error());
    EXPECT_EQ(retried->state, State::published);
    EXPECT_EQ(rig.record(first.id).state, State::undone);
    EXPECT_EQ(rig.rows("log"), Rows{});
}

INSTANTIATE_TEST_SUITE_P(Both, Undo, testing::ValuesIn(rig_cases()), rig_case_name);

} // namespace
} // namespace inlet
