// Undo: what it brings back, what stands in its way, and undoing undos.
#include <fmt/format.h>

#include "warehouse/testing/conformance.hpp"

namespace inlet {

void conformance_undo() {}

TEST_P(WarehouseConformance, UndoTakesAwayWhatWasInserted) {
    load(1, append("people", "1|ann|~; 2|bob|~"));
    load(2, append("people", "3|cid|~"));
    const UndoOutcome outcome = undo(3, {1});
    EXPECT_EQ(to_string(outcome),
              "version 3 undid 1\n  people: inserted 0 updated 0 deleted 2 unchanged 0, held 0 skipped 0\n");
    EXPECT_EQ(stored("people"), Lines{"3|cid|~|2|2"});
    EXPECT_EQ(rows("people", Version(2)), (Lines{"1|ann|~", "2|bob|~", "3|cid|~"}));
    EXPECT_EQ(rows("people", Version(1)), (Lines{"1|ann|~", "2|bob|~"}));
    EXPECT_EQ(versions("people", 1).at(0),
              fmt::format("3 at {} people by tester of 3: undo inserted 0 updated 0 deleted 2 unchanged 0 undoes 1",
                          clock_.now()));
}

TEST_P(WarehouseConformance, UndoBringsBackWhatWasUpdatedAndDeleted) {
    load(1, append("people", "1|ann|~; 2|bob|~; 3|cid|~"));
    load(2, sync("people", "1|eve|~; 2|bob|~; 4|dan|~"));
    const UndoOutcome outcome = undo(3, {2});
    EXPECT_EQ(to_string(outcome),
              "version 3 undid 2\n  people: inserted 1 updated 1 deleted 1 unchanged 0, held 0 skipped 0\n");
    // Restored rows keep who brought them; the row that stood all the time keeps its version.
    EXPECT_EQ(stored("people"), (Lines{"1|ann|~|3|1", "2|bob|~|1|1", "3|cid|~|3|1"}));
    EXPECT_EQ(rows("people", Version(2)), (Lines{"1|eve|~", "2|bob|~", "4|dan|~"}));
    EXPECT_EQ(stored("people", Version(1)), (Lines{"1|ann|~|1|1", "2|bob|~|1|1", "3|cid|~|1|1"}));
}

TEST_P(WarehouseConformance, UndoWithoutAKey) {
    load(1, append("log", "a|1; a|1; b|2"));
    load(2, append("log", "a|1; c|3"));
    load(3, replace("log", "a|1; d|4"));
    EXPECT_EQ(undo_error(4, {1}), "superseded-by-snapshot");
    undo(4, {3});
    EXPECT_EQ(stored("log"), (Lines{"a|1|1|1", "a|1|4|1", "a|1|4|2", "b|2|4|1", "c|3|4|2"}));
    undo(5, {1});
    EXPECT_EQ(stored("log"), (Lines{"a|1|4|2", "c|3|4|2"}));
    load(6, append("log", "a|1"));
    undo(7, {2});
    EXPECT_EQ(stored("log"), Lines{"a|1|6|6"});
}

TEST_P(WarehouseConformance, WhatCannotBeUndone) {
    EXPECT_EQ(undo_error(9, {1}), "not-undoable");
    load(1, append("people", "1|ann|~"));
    ToldJudge rejects(PublishJudge::Verdict::reject);
    publish({{SubmissionId(2), {append("people", "1|x|~")}, {}}}, rejects);
    EXPECT_EQ(undo_error(9, {2}), "not-undoable");
    EXPECT_EQ(undo_error(9, {0}), "not-undoable");
    EXPECT_EQ(undo_error(9, {1, 7}), "not-undoable");
    undo(3, {1});
    EXPECT_EQ(undo_error(9, {1}), "already-undone");
    EXPECT_EQ(undo_error(3, {3}), "already-published");
    undo(4, {3});
    EXPECT_EQ(undo_error(9, {3}), "already-undone");
    EXPECT_EQ(rows("people"), Lines{"1|ann|~"});
}

TEST_P(WarehouseConformance, ALaterWriterOfAKeyConflicts) {
    load(1, append("people", "1|ann|~; 2|bob|~; 3|cid|~"));
    load(2, upsert("people", "2|eve|~; 3|eve|~; 4|dan|~"));
    load(3, upsert("people", "4|dan|rome"));
    EXPECT_EQ(undo_error(9, {1}), "undo-conflict submission=2 key=people(2) key=people(3)");
    EXPECT_EQ(undo_error(9, {2}), "undo-conflict submission=3 key=people(4)");
    EXPECT_EQ(undo_error(9, {1, 2}), "undo-conflict submission=3 key=people(4)");
    undo(9, {1, 2, 3});
    EXPECT_EQ(stored("people"), Lines{});
}

TEST_P(WarehouseConformance, ALaterRepeaterOfAKeyConflicts) {
    load(1, upsert("people", "1|ann|~; 2|bob|~"));
    load(2, upsert("people", "2|bob|~; 3|cid|~"));
    EXPECT_EQ(undo_error(9, {1}), "undo-conflict submission=2 key=people(2)");
    // The repeater itself may go: it changed nothing there.
    undo(3, {2});
    EXPECT_EQ(stored("people"), (Lines{"1|ann|~|1|1", "2|bob|~|1|1"}));
    undo(4, {1});
    EXPECT_EQ(stored("people"), Lines{});
}

TEST_P(WarehouseConformance, AConflictNamesAtMostTen) {
    PartText many = upsert("people", "");
    for (int i = 30; i > 0; --i) many.rows.push_back({std::to_string(i), "x", std::nullopt});
    load(1, many);
    for (int i = 1; i <= 12; ++i) load(1 + i, upsert("people", fmt::format("{}|y|~; {}|y|~", i + 10, i)));
    EXPECT_EQ(undo_error(99, {1}), "undo-conflict submission=2 submission=3 submission=4 submission=5 submission=6 "
                                   "submission=7 submission=8 submission=9 submission=10 submission=11 "
                                   "key=people(1) key=people(2) key=people(3) key=people(4) key=people(5) "
                                   "key=people(6) key=people(7) key=people(8) key=people(9) key=people(10)");
}

TEST_P(WarehouseConformance, CascadeTakesThemAlong) {
    load(1, upsert("people", "1|ann|~; 2|bob|~"));
    load(2, upsert("people", "2|eve|~; 3|cid|~"));
    load(3, upsert("people", "4|dan|~"));
    load(4, upsert("people", "3|cid|~"));
    load(5, upsert("people", "4|dan|~"));
    const UndoOutcome outcome = undo(6, {1}, true);
    EXPECT_EQ(outcome.undone, (std::vector{SubmissionId(1), SubmissionId(2), SubmissionId(4)}));
    EXPECT_EQ(stored("people"), Lines{"4|dan|~|3|3"});
    // And the whole of it comes back as it was.
    undo(7, {6});
    EXPECT_EQ(owned("people"), (Lines{"1|ann|~|1", "2|eve|~|2", "3|cid|~|2", "4|dan|~|3"}));
    EXPECT_EQ(undo_error(9, {2}), "undo-conflict submission=4 key=people(3)");
}

TEST_P(WarehouseConformance, ALaterSnapshotSettles) {
    load(1, upsert("people", "1|ann|~; 2|bob|~"));
    load(2, upsert("people", "5|fay|~"));
    load(3, sync("people", "1|ann|~; 2|bob|~; 5|fay|~"));
    EXPECT_EQ(undo_error(9, {1}), "superseded-by-snapshot");
    EXPECT_EQ(undo_error(9, {2}, true), "superseded-by-snapshot");
    undo(4, {3});
    undo(5, {2});
    EXPECT_EQ(stored("people"), (Lines{"1|ann|~|1|1", "2|bob|~|1|1"}));
    load(6, replace("people", "1|ann|~; 2|bob|~"));
    EXPECT_EQ(undo_error(9, {1}), "superseded-by-snapshot");
    undo(7, {3 + 3, 1});
    EXPECT_EQ(stored("people"), Lines{});
}

TEST_P(WarehouseConformance, ASyncThatDeletesNothingByPolicyDoesNotSettle) {
    load(1, upsert("people", "1|ann|~; 2|bob|~"));
    PartText part = sync("people", "3|cid|~; 2|bob|~");
    part.deletes.policy = DeletePolicy::Policy::none;
    load(2, part);
    EXPECT_EQ(undo_error(9, {1}), "undo-conflict submission=2 key=people(2)");
    undo(3, {2});
    undo(4, {1});
    EXPECT_EQ(stored("people"), Lines{});
}

TEST_P(WarehouseConformance, ASyncThatSparesBrokenKeysSettles) {
    load(1, upsert("people", "1|ann|~; 2|bob|~"));
    load(2, upsert("people", "2|bob|~; 3|cid|~"));
    PartText part = sync("people", "3|cid|~");
    part.deletes.on_rejects = DeletePolicy::OnRejects::keep_broken_keys;
    part.rejected = 1;
    part.broken_keys = parse_rows("1");
    EXPECT_EQ(counts(3, part), "0 0 1 1");
    // Without submission 2 the snapshot would have deleted nothing less, yet it said what stands.
    EXPECT_EQ(undo_error(9, {2}), "superseded-by-snapshot");
}

TEST_P(WarehouseConformance, UndoOfAnUndo) {
    load(1, upsert("people", "1|ann|~; 2|bob|~"));
    load(2, upsert("people", "2|eve|~; 3|cid|~"));
    undo(3, {2});
    EXPECT_EQ(owned("people"), (Lines{"1|ann|~|1", "2|bob|~|1"}));
    const UndoOutcome outcome = undo(4, {3});
    EXPECT_EQ(to_string(outcome),
              "version 4 undid 3\n  people: inserted 1 updated 1 deleted 0 unchanged 0, held 0 skipped 0\n");
    EXPECT_EQ(stored("people"), (Lines{"1|ann|~|1|1", "2|eve|~|4|2", "3|cid|~|4|2"}));
    EXPECT_TRUE(*warehouse().undone(SubmissionId(3)));
    EXPECT_FALSE(*warehouse().undone(SubmissionId(2)));
    undo(5, {2});
    EXPECT_EQ(stored("people"), (Lines{"1|ann|~|1|1", "2|bob|~|5|1"}));
    EXPECT_TRUE(*warehouse().undone(SubmissionId(2)));
    undo(6, {5});
    undo(7, {6});
    EXPECT_EQ(stored("people"), (Lines{"1|ann|~|1|1", "2|bob|~|7|1"}));
}

TEST_P(WarehouseConformance, UndoOfAnUndoConflictsWithWhatCameLater) {
    load(1, upsert("people", "1|ann|~; 2|bob|~"));
    load(2, upsert("people", "2|eve|~; 3|cid|~"));
    undo(3, {2});
    load(4, upsert("people", "2|bob|~")); // a touch: with submission 2 in its place it would be a change
    EXPECT_EQ(undo_error(9, {3}), "undo-conflict submission=4 key=people(2)");
    undo(5, {4});
    load(6, upsert("people", "3|dan|~"));
    EXPECT_EQ(undo_error(9, {3}), "undo-conflict submission=6 key=people(3)");
    undo(7, {6});
    load(8, upsert("people", "7|gus|~"));
    undo(10, {3});
    EXPECT_EQ(owned("people"), (Lines{"1|ann|~|1", "2|eve|~|2", "3|cid|~|2", "7|gus|~|8"}));
}

TEST_P(WarehouseConformance, AnUndoneSubmissionIsNoConflict) {
    load(1, upsert("people", "1|ann|~"));
    load(2, upsert("people", "1|eve|~"));
    load(3, upsert("people", "1|eve|~"));
    undo(4, {3});
    undo(5, {2});
    undo(6, {1});
    EXPECT_EQ(stored("people"), Lines{});
}

TEST_P(WarehouseConformance, UndoKeepsUniqueFieldsUnique) {
    load(1, upsert("accounts", "1|a@x|1; 2|b@x|2"));
    load(2, upsert("accounts", "1|c@x|1"));
    load(3, upsert("accounts", "3|a@x|3"));
    EXPECT_EQ(undo_error(9, {2}), "unique-error");
    undo(4, {3});
    undo(5, {2});
    EXPECT_EQ(rows("accounts"), (Lines{"1|a@x|1", "2|b@x|2"}));
    EXPECT_EQ(undo_error(9, {4}), "unique-error");
}

TEST_P(WarehouseConformance, UndoOfAWholeVersion) {
    load(1, upsert("people", "1|ann|~"));
    publish({{SubmissionId(2), {upsert("people", "1|eve|~; 2|bob|~")}, {}},
             {SubmissionId(3), {append("log", "a|1"), upsert("people", "2|bea|~")}, {}}});
    EXPECT_EQ(undo_error(9, {2}), "undo-conflict submission=3 key=people(2)");
    const UndoOutcome outcome = undo(4, {2, 3});
    EXPECT_EQ(to_string(outcome), "version 3 undid 2, 3\n"
                                  "  log: inserted 0 updated 0 deleted 1 unchanged 0, held 0 skipped 0\n"
                                  "  people: inserted 0 updated 1 deleted 1 unchanged 0, held 0 skipped 0\n");
    EXPECT_EQ(stored("people"), Lines{"1|ann|~|3|1"});
    EXPECT_EQ(stored("log"), Lines{});
    undo(5, {4});
    EXPECT_EQ(owned("people"), (Lines{"1|eve|~|2", "2|bea|~|3"}));
    EXPECT_EQ(owned("log"), Lines{"a|1|3"});
    undo(6, {3});
    EXPECT_EQ(owned("people"), (Lines{"1|eve|~|2", "2|bob|~|2"}));
}

TEST_P(WarehouseConformance, UndoOfASubmissionThatChangedNothing) {
    load(1, upsert("people", "1|ann|~"));
    load(2, upsert("people", "1|ann|~"));
    EXPECT_EQ(to_string(undo(3, {2})),
              "version 3 undid 2\n  people: inserted 0 updated 0 deleted 0 unchanged 0, held 0 skipped 0\n");
    EXPECT_EQ(stored("people"), Lines{"1|ann|~|1|1"});
    undo(4, {3});
    EXPECT_EQ(undo_error(9, {1}), "undo-conflict submission=2 key=people(1)");
}

TEST_P(WarehouseConformance, UndoOfAllPartsOrOfNone) {
    load(1, upsert("people", "1|ann|~"));
    SubmissionText both{SubmissionId(2), {upsert("people", "2|bob|~"), append("log", "a|1")}, {}};
    publish({both});
    load(3, replace("log", "b|2"));
    EXPECT_EQ(undo_error(9, {2}), "superseded-by-snapshot");
    undo(4, {3});
    undo(5, {2});
    EXPECT_EQ(rows("people"), Lines{"1|ann|~"});
    EXPECT_EQ(rows("log"), Lines{});
}

TEST_P(WarehouseConformance, ADryUndoTellsAllAndChangesNothing) {
    load(1, upsert("people", "1|ann|~; 2|bob|~"));
    load(2, upsert("people", "2|eve|~"));
    const std::string before = dump(warehouse());
    const auto outcome = try_undo(3, {1}, true, true);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(to_string(*outcome),
              "version 0 undid 1, 2\n  people: inserted 0 updated 0 deleted 2 unchanged 0, held 0 skipped 0\n");
    EXPECT_EQ(dump(warehouse()), before);
    EXPECT_FALSE(*warehouse().undone(SubmissionId(1)));
    EXPECT_EQ(undo(3, {2}).version, Version(3));
}

TEST_P(WarehouseConformance, UndoSamplesItsChanges) {
    load(1, upsert("people", "1|ann|~; 2|bob|~"));
    load(2, upsert("people", "2|eve|~; 3|cid|~"));
    UndoRequest request;
    request.id = SubmissionId(3);
    request.targets = {SubmissionId(2)};
    request.sample_rows = 10;
    request.by = "tester";
    const auto outcome = warehouse().undo(request);
    ASSERT_TRUE(outcome);
    Lines sample;
    for (const ChangedRow& row : outcome->parts.at(0).sample) sample.push_back(to_string(row));
    std::sort(sample.begin(), sample.end());
    EXPECT_EQ(sample, (Lines{"deleted 3|cid|~ -> ", "updated 2|eve|~ -> 2|bob|~"}));
}

TEST_P(WarehouseConformance, UndoCountsAndSamplesTheDiff) {
    load(1, append("log", "a|1; b|2"));
    load(2, append("log", "c|3"));
    undo(3, {1});
    load(4, append("log", "a|1; d|4"));
    UndoRequest request;
    request.id = SubmissionId(5);
    request.targets = {SubmissionId(3), SubmissionId(4)};
    request.sample_rows = 10;
    request.by = "tester";
    const auto outcome = warehouse().undo(request);
    ASSERT_TRUE(outcome);
    // One `a` goes, another's `a` comes.
    EXPECT_EQ(outcome->parts.at(0).counts, (ChangeCounts{1, 0, 1, 0}));
    Lines sample;
    for (const ChangedRow& row : outcome->parts.at(0).sample) sample.push_back(to_string(row));
    std::sort(sample.begin(), sample.end());
    EXPECT_EQ(sample, (Lines{"deleted d|4 -> ", "inserted  -> b|2"}));
    EXPECT_EQ(owned("log"), (Lines{"a|1|1", "b|2|1", "c|3|2"}));
}

} // namespace inlet
