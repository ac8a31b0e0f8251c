// What stops deletions: policies, limits, empty snapshots, broken records, approvals.
#include "warehouse/testing/conformance.hpp"

namespace inlet {

void conformance_guards() {}

namespace {

constexpr std::string_view kFour = "1|a|~; 2|b|~; 3|c|~; 4|d|~";

DeletePolicy limited(std::optional<std::int64_t> rows, std::optional<double> share, DeletePolicy::OverLimit over) {
    DeletePolicy policy;
    policy.max_rows = rows;
    policy.max_share = share;
    policy.over_limit = over;
    return policy;
}

std::string line(const SubmissionOutcome& outcome) {
    return to_string(PublishOutcome{Version(0), {outcome}, {}}).substr(10);
}

} // namespace

TEST_P(WarehouseConformance, SyncWithoutAPolicyDeletesNothing) {
    load(1, append("people", kFour));
    PartText part = sync("people", "1|x|~; 5|e|~", limited(0, 0.0, DeletePolicy::OverLimit::reject));
    part.deletes.policy = DeletePolicy::Policy::none;
    part.rejected = 1;
    part.broken_keys_readable = false;
    EXPECT_EQ(line(publish_one({SubmissionId(2), {part}, {}})),
              "submission 2 published\n  people: inserted 1 updated 1 deleted 0 unchanged 0, held 0 skipped 0\n");
    EXPECT_EQ(rows("people"), (Lines{"1|x|~", "2|b|~", "3|c|~", "4|d|~", "5|e|~"}));
}

TEST_P(WarehouseConformance, LimitsAllowWhatIsNotOverThem) {
    load(1, append("people", kFour));
    using Over = DeletePolicy::OverLimit;
    EXPECT_EQ(counts(2, sync("people", "1|a|~; 2|b|~; 3|c|~", limited(0, std::nullopt, Over::reject))),
              "deletes-over-limit deletes=1");
    EXPECT_EQ(counts(3, sync("people", "1|a|~; 2|b|~; 3|c|~", limited(std::nullopt, 0.24, Over::reject))),
              "deletes-over-limit deletes=1");
    EXPECT_EQ(counts(4, sync("people", "1|a|~; 2|b|~; 3|c|~", limited(1, 0.25, Over::reject))), "0 0 1 3");
    EXPECT_EQ(counts(5, replace("people", "1|a|~", limited(1, std::nullopt, Over::reject))),
              "deletes-over-limit deletes=2");
    EXPECT_EQ(counts(6, replace("people", "1|a|~", limited(std::nullopt, 0.5, Over::reject))),
              "deletes-over-limit deletes=2");
    EXPECT_EQ(counts(7, replace("people", "1|a|~; 2|b|~; 3|z|~; 4|z|~", limited(0, 0.0, Over::reject))), "1 1 0 2");
    EXPECT_EQ(counts(8, replace("people", "1|a|~", limited(3, 0.75, Over::reject))), "0 0 3 1");
}

TEST_P(WarehouseConformance, LimitsOfAReplaceWithoutAKeyCountRows) {
    load(1, append("log", "a|1; a|1; b|2; c|3"));
    using Over = DeletePolicy::OverLimit;
    EXPECT_EQ(counts(2, replace("log", "a|1; x|9", limited(2, std::nullopt, Over::reject))),
              "deletes-over-limit deletes=3");
    EXPECT_EQ(counts(3, replace("log", "a|1; x|9", limited(2, std::nullopt, Over::hold))),
              "deletes-over-limit deletes=3");
    EXPECT_EQ(counts(4, replace("log", "", limited(std::nullopt, std::nullopt, Over::hold))),
              "empty-snapshot deletes=4");
    EXPECT_EQ(counts(5, replace("log", "a|1; x|9", limited(3, 0.75, Over::hold))), "1 0 3 1");
    const SubmissionText approved{SubmissionId(6), {replace("log", "")}, {{"log", 2}}};
    EXPECT_EQ(line(publish_one(approved)),
              "submission 6 published\n  log: inserted 0 updated 0 deleted 2 unchanged 0, held 0 skipped 0\n");
}

TEST_P(WarehouseConformance, OverTheLimitSyncHoldsDeletionsAndPublishesTheRest) {
    load(1, append("people", kFour));
    const PartText part = sync("people", "1|x|~; 5|e|~", limited(2, std::nullopt, DeletePolicy::OverLimit::hold));
    EXPECT_EQ(line(publish_one({SubmissionId(2), {part}, {}})),
              "submission 2 published\n  people: inserted 1 updated 1 deleted 0 unchanged 0, held 3 skipped 0\n");
    EXPECT_EQ(rows("people"), (Lines{"1|x|~", "2|b|~", "3|c|~", "4|d|~", "5|e|~"}));
    // It did not settle.
    EXPECT_EQ(undo_error(9, {1}), "undo-conflict submission=2 key=people(1)");
}

TEST_P(WarehouseConformance, OverTheLimitSyncMaySkipDeletions) {
    load(1, append("people", kFour));
    const PartText part = sync("people", "1|x|~; 5|e|~", limited(std::nullopt, 0.5, DeletePolicy::OverLimit::skip));
    EXPECT_EQ(line(publish_one({SubmissionId(2), {part}, {}})),
              "submission 2 published\n  people: inserted 1 updated 1 deleted 0 unchanged 0, held 0 skipped 3\n");
    EXPECT_EQ(undo_error(9, {1}), "undo-conflict submission=2 key=people(1)");
}

TEST_P(WarehouseConformance, OverTheLimitReplaceIsHeldOrRejectedWhole) {
    load(1, append("people", kFour));
    const std::string before = dump(warehouse());
    using Over = DeletePolicy::OverLimit;
    EXPECT_EQ(line(publish_one({SubmissionId(2), {replace("people", "1|x|~", limited(2, {}, Over::hold))}, {}})),
              "submission 2 held deletes-over-limit deletes=3\n");
    EXPECT_EQ(line(publish_one({SubmissionId(3), {replace("people", "1|x|~", limited(2, {}, Over::skip))}, {}})),
              "submission 3 rejected deletes-over-limit deletes=3\n");
    EXPECT_EQ(line(publish_one({SubmissionId(4), {replace("people", "1|x|~", limited(2, {}, Over::reject))}, {}})),
              "submission 4 rejected deletes-over-limit deletes=3\n");
    EXPECT_EQ(dump(warehouse()), before);
}

TEST_P(WarehouseConformance, AnEmptySnapshotIsAQuestion) {
    using Over = DeletePolicy::OverLimit;
    EXPECT_EQ(counts(1, sync("people", "", limited({}, {}, Over::reject))), "0 0 0 0") << "nothing to lose yet";
    load(2, append("people", kFour));
    EXPECT_EQ(line(publish_one({SubmissionId(3), {sync("people", "!; !", limited({}, {}, Over::reject))}, {}})),
              "submission 3 rejected empty-snapshot deletes=4\n");
    EXPECT_EQ(line(publish_one({SubmissionId(4), {sync("people", "", limited(9, 1.0, Over::hold))}, {}})),
              "submission 4 held empty-snapshot deletes=4\n");
    EXPECT_EQ(line(publish_one({SubmissionId(5), {sync("people", "", limited({}, {}, Over::skip))}, {}})),
              "submission 5 published\n  people: inserted 0 updated 0 deleted 0 unchanged 0, held 0 skipped 4\n");
    EXPECT_EQ(line(publish_one({SubmissionId(6), {replace("people", "", limited({}, {}, Over::hold))}, {}})),
              "submission 6 held empty-snapshot deletes=4\n");
    EXPECT_EQ(line(publish_one({SubmissionId(7), {replace("people", "", limited({}, {}, Over::skip))}, {}})),
              "submission 7 rejected empty-snapshot deletes=4\n");
    PartText allowed = sync("people", "", limited(3, {}, Over::hold));
    allowed.deletes.allow_empty = true;
    EXPECT_EQ(line(publish_one({SubmissionId(8), {allowed}, {}})),
              "submission 8 published\n  people: inserted 0 updated 0 deleted 0 unchanged 0, held 4 skipped 0\n");
    allowed.deletes.max_rows = 4;
    EXPECT_EQ(counts(9, allowed), "0 0 4 0");
}

TEST_P(WarehouseConformance, BrokenRecordsKeepEverythingInPlace) {
    load(1, append("people", kFour));
    PartText part = sync("people", "1|x|~; 5|e|~", limited(0, 0.0, DeletePolicy::OverLimit::reject));
    part.rejected = 1;
    part.broken_keys = parse_rows("2");
    EXPECT_EQ(line(publish_one({SubmissionId(2), {part}, {}})),
              "submission 2 published\n  people: inserted 1 updated 1 deleted 0 unchanged 0, held 0 skipped 3\n");
    EXPECT_EQ(undo_error(9, {1}), "undo-conflict submission=2 key=people(1)");
    // Not even an approval is asked for then.
    const SubmissionText approved{SubmissionId(3), {part}, {{"people", 7}}};
    EXPECT_EQ(publish_one(approved).parts.at(0).skipped_deletes, 3U);
}

TEST_P(WarehouseConformance, BrokenRecordsMayKeepOnlyTheirKeys) {
    load(1, append("people", kFour));
    PartText part = sync("people", "1|x|~", limited(2, std::nullopt, DeletePolicy::OverLimit::reject));
    part.deletes.on_rejects = DeletePolicy::OnRejects::keep_broken_keys;
    part.rejected = 3;
    part.broken_keys = parse_rows("2; 7; 1");
    EXPECT_EQ(line(publish_one({SubmissionId(2), {part}, {}})),
              "submission 2 published\n  people: inserted 0 updated 1 deleted 2 unchanged 0, held 0 skipped 1\n");
    EXPECT_EQ(rows("people"), (Lines{"1|x|~", "2|b|~"}));
    EXPECT_EQ(undo_error(9, {1}), "superseded-by-snapshot");
}

TEST_P(WarehouseConformance, ABrokenKeyThatCannotBeReadKeepsEverything) {
    load(1, append("people", kFour));
    PartText part = sync("people", "1|x|~");
    part.deletes.on_rejects = DeletePolicy::OnRejects::keep_broken_keys;
    part.rejected = 2;
    part.broken_keys = parse_rows("2");
    part.broken_keys_readable = false;
    EXPECT_EQ(line(publish_one({SubmissionId(2), {part}, {}})),
              "submission 2 published\n  people: inserted 0 updated 1 deleted 0 unchanged 0, held 0 skipped 3\n");
    EXPECT_EQ(rows("people"), (Lines{"1|x|~", "2|b|~", "3|c|~", "4|d|~"}));
}

TEST_P(WarehouseConformance, BrokenKeysOverTheLimit) {
    load(1, append("people", kFour));
    PartText part = sync("people", "1|x|~", limited(1, std::nullopt, DeletePolicy::OverLimit::hold));
    part.deletes.on_rejects = DeletePolicy::OnRejects::keep_broken_keys;
    part.rejected = 1;
    part.broken_keys = parse_rows("2");
    EXPECT_EQ(line(publish_one({SubmissionId(2), {part}, {}})),
              "submission 2 published\n  people: inserted 0 updated 1 deleted 0 unchanged 0, held 2 skipped 1\n");
    part.deletes.over_limit = DeletePolicy::OverLimit::skip;
    EXPECT_EQ(line(publish_one({SubmissionId(3), {part}, {}})),
              "submission 3 published\n  people: inserted 0 updated 0 deleted 0 unchanged 1, held 0 skipped 3\n");
}

TEST_P(WarehouseConformance, RejectsOfAReplaceAreNoReasonToKeep) {
    load(1, append("people", kFour));
    PartText part = replace("people", "1|a|~; !");
    part.rejected = 1;
    part.broken_keys_readable = false;
    EXPECT_EQ(counts(2, part), "0 0 3 1");
}

TEST_P(WarehouseConformance, AnApprovalLiftsTheLimitsForThatNumber) {
    load(1, append("people", kFour));
    const PartText over = sync("people", "1|x|~", limited(0, 0.0, DeletePolicy::OverLimit::hold));
    EXPECT_EQ(line(publish_one({SubmissionId(2), {over}, {{"people", 2}}})),
              "submission 2 held approval-changed deletes=3\n");
    EXPECT_EQ(line(publish_one({SubmissionId(2), {over}, {{"people", 3}, {"log", 8}}})),
              "submission 2 published\n  people: inserted 0 updated 1 deleted 3 unchanged 0, held 0 skipped 0\n");
    EXPECT_EQ(undo_error(9, {1}), "superseded-by-snapshot");
    // Not over any limit, and still not what was approved.
    EXPECT_EQ(line(publish_one({SubmissionId(3), {sync("people", "1|x|~")}, {{"people", 1}}})),
              "submission 3 held approval-changed deletes=0\n");
    EXPECT_EQ(line(publish_one({SubmissionId(4), {replace("people", "")}, {{"people", 1}}})),
              "submission 4 published\n  people: inserted 0 updated 0 deleted 1 unchanged 0, held 0 skipped 0\n");
}

TEST_P(WarehouseConformance, HeldDeletionsFollowAsASubmissionOfTheirOwn) {
    load(1, append("people", kFour));
    const Version published =
        load(2, sync("people", "1|x|~; 5|e|~", limited(2, std::nullopt, DeletePolicy::OverLimit::hold)));
    load(3, upsert("people", "3|new|~"));
    const PartText part = delete_missing("people", "1|x|~; 5|e|~", Version(published.value + 1));
    EXPECT_EQ(line(publish_one({SubmissionId(4), {part}, {}})), "submission 4 held deletes-over-limit deletes=2\n");
    EXPECT_EQ(line(publish_one({SubmissionId(4), {part}, {{"people", 3}}})),
              "submission 4 held approval-changed deletes=2\n");
    EXPECT_EQ(line(publish_one({SubmissionId(4), {part}, {{"people", 2}}})),
              "submission 4 published\n  people: inserted 0 updated 0 deleted 2 unchanged 0, held 0 skipped 0\n");
    EXPECT_EQ(rows("people"), (Lines{"1|x|~", "3|new|~", "5|e|~"}));
    EXPECT_EQ(versions("people", 1).at(0).substr(2 + std::to_string(clock_.now()).size() + 4),
              "people by tester of 4: delete_missing inserted 0 updated 0 deleted 2 unchanged 0");
}

TEST_P(WarehouseConformance, DeleteMissingSparesBrokenKeys) {
    load(1, append("people", kFour));
    PartText part = delete_missing("people", "1|?|~");
    part.rejected = 1;
    part.broken_keys = parse_rows("3");
    EXPECT_EQ(line(publish_one({SubmissionId(2), {part}, {{"people", 2}}})),
              "submission 2 published\n  people: inserted 0 updated 0 deleted 2 unchanged 0, held 0 skipped 0\n");
    EXPECT_EQ(rows("people"), (Lines{"1|a|~", "3|c|~"}));
}

TEST_P(WarehouseConformance, ApprovalsAreByDataset) {
    load(1, append("people", kFour));
    load(2, append("accounts", "1|a|1; 2|b|2"));
    const DeletePolicy none = limited(0, std::nullopt, DeletePolicy::OverLimit::hold);
    const SubmissionText both{
        SubmissionId(3), {sync("people", "1|a|~", none), sync("accounts", "1|a|1", none)}, {{"accounts", 1}}};
    EXPECT_EQ(line(publish_one(both)), "submission 3 published\n"
                                       "  people: inserted 0 updated 0 deleted 0 unchanged 1, held 3 skipped 0\n"
                                       "  accounts: inserted 0 updated 0 deleted 1 unchanged 1, held 0 skipped 0\n");
}

TEST_P(WarehouseConformance, ADryRunShowsWhatAnApprovalWouldDo) {
    load(1, append("people", kFour));
    const std::string before = dump(warehouse());
    ToldJudge judge;
    const PublishOutcome outcome =
        publish({{SubmissionId(2), {replace("people", "1|a|~")}, {{"people", 3}}}}, judge, true, 10);
    EXPECT_EQ(outcome.submissions.at(0).parts.at(0).sample.size(), 3U);
    EXPECT_EQ(dump(warehouse()), before);
}

} // namespace inlet
