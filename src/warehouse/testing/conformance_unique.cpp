// Unique fields: whose value may not stand in two live rows.
#include "warehouse/testing/conformance.hpp"

namespace inlet {

void conformance_unique() {}

namespace {

ToldJudge::Question asked(std::int64_t submission, std::vector<RecordOrder> orders, const std::string& field = "email",
                          const std::string& dataset = "accounts") {
    return {SubmissionId(submission), dataset, FailureCode::unique_error, {field}, std::move(orders)};
}

RecordOrder at(std::uint64_t row) { return RecordOrder::of(row / 2, row % 2); } // batches hold two rows

} // namespace

TEST_P(WarehouseConformance, AppendAsksAboutUniqueValuesThatAreTaken) {
    load(1, append("accounts", "1|a|1; 2|~|2; 3|~|3"));
    ToldJudge judge;
    publish({{SubmissionId(2), {append("accounts", "4|b|4; 5|a|5; 6|~|6; 1|c|7; 2|a|8")}, {}}}, judge);
    // First the keys; what is left out by then is not asked about again.
    const ToldJudge::Question keys{SubmissionId(2), "accounts", FailureCode::primary_key, {"id"}, {at(3), at(4)}};
    EXPECT_EQ(judge.questions(), (std::vector{keys, asked(2, {at(1)})}));
    EXPECT_EQ(owned("accounts"), (Lines{"1|a|1|1", "2|~|2|1", "3|~|3|1", "4|b|4|2", "6|~|6|2"}));
}

TEST_P(WarehouseConformance, UniqueFieldsWithoutAKey) {
    define({make_dataset("tokens", "token:string unique, serial:integer unique, note:string")});
    load(1, append("tokens", "a|1|~; ~|~|~"));
    ToldJudge judge;
    publish({{SubmissionId(2), {append("tokens", "b|1|x; a|2|x; c|3|x; ~|~|x; a|1|x")}, {}}}, judge);
    EXPECT_EQ(judge.questions(),
              (std::vector{asked(2, {at(1), at(4)}, "token", "tokens"), asked(2, {at(0)}, "serial", "tokens")}));
    EXPECT_EQ(rows("tokens"), (Lines{"a|1|~", "c|3|x", "~|~|x", "~|~|~"}));
    EXPECT_EQ(counts(3, replace("tokens", "a|3|~; c|1|~")), "2 0 4 0")
        << "what a replace takes away is in nobody's way";
}

TEST_P(WarehouseConformance, AUniqueFieldThatIsTheKeyIsNotAskedAbout) {
    define({make_dataset("codes", "code:string key unique, n:integer")});
    load(1, upsert("codes", "a|1"));
    EXPECT_EQ(counts(2, upsert("codes", "a|2; b|3")), "1 1 0 0");
    ToldJudge judge;
    publish({{SubmissionId(3), {append("codes", "a|4")}, {}}}, judge);
    ASSERT_EQ(judge.questions().size(), 1U);
    EXPECT_EQ(judge.questions()[0].code, FailureCode::primary_key);
}

TEST_P(WarehouseConformance, UpsertMayMoveUniqueValuesAbout) {
    load(1, upsert("accounts", "1|a|1; 2|b|2; 3|c|3"));
    EXPECT_EQ(counts(2, upsert("accounts", "1|b|1; 2|a|2")), "0 2 0 0") << "a swap";
    EXPECT_EQ(counts(3, upsert("accounts", "2|d|2; 4|a|4")), "1 1 0 0") << "a value that is given up";
    EXPECT_EQ(counts(4, upsert("accounts", "1|b|9; 3|~|3; 5|~|5")), "1 2 0 0");
    EXPECT_EQ(rows("accounts"), (Lines{"1|b|9", "2|d|2", "3|~|3", "4|a|4", "5|~|5"}));
}

TEST_P(WarehouseConformance, UpsertLeavesOutWhatBreaksAUniqueField) {
    load(1, upsert("accounts", "1|a|1; 2|b|2; 3|c|3"));
    ToldJudge judge;
    const PublishOutcome outcome = publish({{SubmissionId(2), {upsert("accounts", "2|a|9; 4|d|4; 3|c|9")}, {}}}, judge);
    EXPECT_EQ(judge.questions(), std::vector{asked(2, {at(0)})});
    EXPECT_EQ(outcome.submissions.at(0).parts.at(0).counts, (ChangeCounts{1, 1, 0, 0}));
    EXPECT_EQ(owned("accounts"), (Lines{"1|a|1|1", "2|b|2|1", "3|c|9|2", "4|d|4|2"}));
    // A record that was left out did not write its key, nor repeat it.
    undo(3, {2});
    undo(4, {1});
    EXPECT_EQ(rows("accounts"), Lines{});
}

TEST_P(WarehouseConformance, TheJudgeMayRefuseWhatBreaksAUniqueField) {
    load(1, upsert("accounts", "1|a|1; 2|b|2"));
    ToldJudge rejects(PublishJudge::Verdict::reject);
    EXPECT_EQ(to_string(publish({{SubmissionId(2), {upsert("accounts", "3|a|9; 4|d|4")}, {}}}, rejects)),
              "version 0\nsubmission 2 rejected unique-error\n");
    ToldJudge holds(PublishJudge::Verdict::hold);
    EXPECT_EQ(to_string(publish({{SubmissionId(3), {sync("accounts", "2|a|9; 1|a2|1; 3|b|3")}, {}}}, holds)),
              "version 2\nsubmission 3 published\n"
              "  accounts: inserted 1 updated 2 deleted 0 unchanged 0, held 0 skipped 0\n");
    EXPECT_TRUE(holds.questions().empty());
}

TEST_P(WarehouseConformance, WhatIsLeftOutMayBreakAnother) {
    load(1, upsert("accounts", "1|a|1; 2|b|2; 3|c|3; 9|z|9"));
    // 3 wants a value that 9 keeps, so 3 keeps c, so 2 cannot have c and keeps b, so 1 cannot have b.
    ToldJudge judge;
    const PublishOutcome outcome =
        publish({{SubmissionId(2), {upsert("accounts", "1|b|1; 2|c|2; 3|z|3; 4|d|4")}, {}}}, judge);
    EXPECT_EQ(judge.questions(), (std::vector{asked(2, {at(2)}), asked(2, {at(1)}), asked(2, {at(0)})}));
    EXPECT_EQ(outcome.submissions.at(0).parts.at(0).counts, (ChangeCounts{1, 0, 0, 0}));
    EXPECT_EQ(rows("accounts"), (Lines{"1|a|1", "2|b|2", "3|c|3", "4|d|4", "9|z|9"}));
}

TEST_P(WarehouseConformance, OnlyTheLastRecordOfAKeyIsAskedAbout) {
    load(1, upsert("accounts", "1|a|1"));
    EXPECT_EQ(counts(2, upsert("accounts", "2|a|1; 3|c|3; 2|b|2")), "2 0 0 0");
}

TEST_P(WarehouseConformance, SyncAsksAboutTheStateItWouldLeave) {
    load(1, upsert("accounts", "1|a|1; 2|b|2"));
    EXPECT_EQ(counts(2, sync("accounts", "3|a|3; 4|b|4")), "2 0 2 0") << "the values go with the rows that are deleted";
    PartText part = sync("accounts", "5|a|5; 4|b|9");
    part.deletes.max_rows = 0;
    ToldJudge judge;
    const PublishOutcome outcome = publish({{SubmissionId(3), {part}, {}}}, judge);
    // Its deletion is held, so row 3 keeps its value; and a record that is left out is a broken one, so nothing is
    // deleted at all.
    EXPECT_EQ(judge.questions(), std::vector{asked(3, {at(0)})});
    EXPECT_EQ(to_string(outcome), "version 3\nsubmission 3 published\n"
                                  "  accounts: inserted 0 updated 1 deleted 0 unchanged 0, held 0 skipped 1\n");
    EXPECT_EQ(rows("accounts"), (Lines{"3|a|3", "4|b|9"}));
}

TEST_P(WarehouseConformance, WhatIsLeftOutOfASyncKeepsItsRow) {
    load(1, upsert("accounts", "1|a|1; 2|b|2; 3|c|3; 4|d|4"));
    PartText part = sync("accounts", "1|c|1; 5|e|5");
    part.deletes.on_rejects = DeletePolicy::OnRejects::keep_broken_keys;
    part.rejected = 1;
    part.broken_keys = parse_rows("3");
    ToldJudge judge;
    const PublishOutcome outcome = publish({{SubmissionId(2), {part}, {}}}, judge);
    EXPECT_EQ(judge.questions(), std::vector{asked(2, {at(0)})});
    EXPECT_EQ(to_string(outcome), "version 2\nsubmission 2 published\n"
                                  "  accounts: inserted 1 updated 0 deleted 2 unchanged 0, held 0 skipped 1\n");
    EXPECT_EQ(rows("accounts"), (Lines{"1|a|1", "3|c|3", "5|e|5"}));
}

} // namespace inlet
