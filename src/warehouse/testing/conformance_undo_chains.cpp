// Undo where submissions, undos and undos of undos lie over each other: the cases in which putting back what a
// submission ended is not what a replay gives.
#include "warehouse/testing/conformance.hpp"

namespace inlet {

void conformance_undo_chains() {}

TEST_P(WarehouseConformance, ADeletedKeyThatCameBackIsAnothersNow) {
    load(1, append("people", "1|ann|~; 2|bob|~"));
    load(2, sync("people", "2|bob|~"));
    load(3, append("people", "1|ann|~"));
    EXPECT_EQ(undo_error(9, {2}), "undo-conflict submission=3 key=people(1)");
    EXPECT_EQ(undo_error(9, {1}), "superseded-by-snapshot");
    undo(4, {3});
    undo(5, {2});
    EXPECT_EQ(owned("people"), (Lines{"1|ann|~|1", "2|bob|~|1"}));
    undo(6, {5});
    EXPECT_EQ(owned("people"), Lines{"2|bob|~|1"});
    undo(7, {4});
    EXPECT_EQ(owned("people"), (Lines{"1|ann|~|3", "2|bob|~|1"}));
}

TEST_P(WarehouseConformance, ARestoredRowLeavesWithWhoBroughtIt) {
    load(1, upsert("people", "1|ann|~; 2|bob|~"));
    load(2, upsert("people", "1|eve|~"));
    load(3, upsert("people", "1|fay|~"));
    undo(4, {3});
    undo(5, {2});
    EXPECT_EQ(stored("people"), (Lines{"1|ann|~|5|1", "2|bob|~|1|1"}));
    undo(6, {1});
    EXPECT_EQ(stored("people"), Lines{});
    undo(7, {6});
    EXPECT_EQ(stored("people"), (Lines{"1|ann|~|7|1", "2|bob|~|7|1"}));
    undo(8, {5});
    EXPECT_EQ(owned("people"), (Lines{"1|eve|~|2", "2|bob|~|1"}));
}

TEST_P(WarehouseConformance, ASubmissionComesBackOnlyOntoWhatItWasPublishedOn) {
    load(1, upsert("people", "1|ann|~"));
    load(2, upsert("people", "1|eve|~"));
    undo(3, {2});
    undo(4, {1});
    // Submission 2 alone would insert what it once updated, and a later undo of it would bring back a row that is
    // undone.
    EXPECT_EQ(undo_error(9, {3}), "undo-conflict submission=4 key=people(1)");
    EXPECT_EQ(undo(5, {3}, true).undone, (std::vector{SubmissionId(3), SubmissionId(4)}));
    EXPECT_EQ(owned("people"), Lines{"1|eve|~|2"});
    undo(6, {2});
    EXPECT_EQ(owned("people"), Lines{"1|ann|~|1"});
}

TEST_P(WarehouseConformance, ATouchComesBackOnlyOntoTheRowItTouched) {
    load(1, upsert("people", "1|ann|~"));
    load(2, upsert("people", "1|ann|~; 2|bob|~"));
    undo(3, {2});
    undo(4, {1});
    EXPECT_EQ(undo_error(9, {3}), "undo-conflict submission=4 key=people(1)");
    undo(5, {4});
    undo(6, {3});
    EXPECT_EQ(owned("people"), (Lines{"1|ann|~|1", "2|bob|~|2"}));
    EXPECT_EQ(undo_error(9, {1}), "undo-conflict submission=2 key=people(1)");
}

TEST_P(WarehouseConformance, AnInsertComesBackOnlyWhereNothingStoodBefore) {
    load(1, upsert("people", "1|ann|~"));
    undo(2, {1});
    load(3, upsert("people", "1|ann|~"));
    undo(4, {3});
    undo(5, {2});
    // With submission 1 back, what 3 inserted would be a touch.
    EXPECT_EQ(undo_error(9, {4}), "undo-conflict submission=5 key=people(1)");
    undo(6, {1});
    undo(7, {4});
    EXPECT_EQ(owned("people"), Lines{"1|ann|~|3"});
}

TEST_P(WarehouseConformance, ASnapshotComesBackOnlyOntoWhatItSettled) {
    load(1, upsert("people", "1|ann|~"));
    load(2, upsert("people", "2|bob|~"));
    load(3, sync("people", "1|ann|~; 2|bob|~; 3|cid|~"));
    undo(4, {3});
    undo(5, {2});
    // The snapshot has the row of submission 2, though it wrote nothing there.
    EXPECT_EQ(undo_error(9, {4}), "undo-conflict submission=5");
    undo(6, {5});
    undo(7, {4});
    EXPECT_EQ(owned("people"), (Lines{"1|ann|~|1", "2|bob|~|2", "3|cid|~|3"}));
}

TEST_P(WarehouseConformance, ASnapshotWithoutAKeyComesBackOnlyOntoWhatItSettled) {
    load(1, append("log", "a|1; b|2"));
    load(2, append("log", "a|1"));
    load(3, replace("log", "a|1; c|3"));
    undo(4, {3});
    undo(5, {1});
    EXPECT_EQ(owned("log"), Lines{"a|1|2"});
    EXPECT_EQ(undo_error(9, {4}), "undo-conflict submission=5");
    const UndoOutcome outcome = undo(6, {4}, true);
    EXPECT_EQ(outcome.undone, (std::vector{SubmissionId(4), SubmissionId(5)}));
    EXPECT_EQ(owned("log"), (Lines{"a|1|1", "c|3|3"}));
    EXPECT_EQ(outcome.parts.at(0).counts, (ChangeCounts{1, 0, 0, 0})) << "as the diff: the equal row is no change";
    load(7, append("log", "d|4"));
    undo(8, {3});
    EXPECT_EQ(owned("log"), (Lines{"a|1|1", "a|1|2", "b|2|1", "d|4|7"}));
}

TEST_P(WarehouseConformance, ASnapshotDoesNotComeBackUnderAnother) {
    load(1, upsert("people", "1|ann|~"));
    load(2, sync("people", "2|bob|~"));
    undo(3, {2});
    load(4, sync("people", "1|ann|~; 3|cid|~"));
    EXPECT_EQ(undo_error(9, {3}), "superseded-by-snapshot");
    EXPECT_EQ(undo_error(9, {3}, true), "superseded-by-snapshot");
    undo(5, {4});
    undo(6, {3});
    EXPECT_EQ(owned("people"), Lines{"2|bob|~|2"});
}

TEST_P(WarehouseConformance, WhatASubmissionWroteInPassingCounts) {
    load(1, upsert("people", "1|ann|~"));
    undo(2, {1});
    // Inserts 1 and deletes it again; with submission 1 in its place it would delete that one's row.
    const SubmissionText passing{
        SubmissionId(3), {upsert("people", "1|eve|~"), delete_missing("people", "2|bob|~")}, {{"people", 1}}};
    EXPECT_EQ(publish_one(passing).state, SubmissionOutcome::State::published);
    EXPECT_EQ(owned("people"), Lines{});
    EXPECT_EQ(undo_error(9, {2}), "undo-conflict submission=3 key=people(1)");
}

TEST_P(WarehouseConformance, PartsOfOneSubmissionAreUndoneTogether) {
    load(1, upsert("people", "1|ann|~; 2|bob|~"));
    publish({{SubmissionId(2),
              {upsert("people", "1|x|~; 3|x|~"), upsert("people", "1|y|~; 3|y|~"), sync("people", "1|z|~")},
              {}}});
    EXPECT_EQ(rows("people"), Lines{"1|z|~"});
    EXPECT_EQ(rows("people", Version(1)), (Lines{"1|ann|~", "2|bob|~"}));
    undo(3, {2});
    EXPECT_EQ(stored("people"), (Lines{"1|ann|~|3|1", "2|bob|~|3|1"}));
    undo(4, {3});
    EXPECT_EQ(stored("people"), Lines{"1|z|~|4|2"});
    undo(5, {2});
    EXPECT_EQ(owned("people"), (Lines{"1|ann|~|1", "2|bob|~|1"}));
}

TEST_P(WarehouseConformance, ChainsWithinOneVersion) {
    publish({{SubmissionId(1), {upsert("people", "1|a|~")}, {}},
             {SubmissionId(2), {upsert("people", "1|b|~")}, {}},
             {SubmissionId(3), {upsert("people", "1|b|~")}, {}},
             {SubmissionId(4), {upsert("people", "1|a|~")}, {}}});
    EXPECT_EQ(undo_error(9, {2}), "undo-conflict submission=3 submission=4 key=people(1)");
    undo(5, {4});
    EXPECT_EQ(stored("people"), Lines{"1|b|~|2|2"});
    undo(6, {2, 3});
    EXPECT_EQ(stored("people"), Lines{"1|a|~|3|1"});
    undo(7, {6});
    undo(8, {5});
    EXPECT_EQ(stored("people"), Lines{"1|a|~|5|4"});
    EXPECT_EQ(rows("people", Version(2)), Lines{"1|b|~"});
    EXPECT_EQ(rows("people", Version(3)), Lines{"1|a|~"});
    EXPECT_EQ(undo(10, {1}, true).undone,
              (std::vector{SubmissionId(1), SubmissionId(2), SubmissionId(3), SubmissionId(4)}));
    EXPECT_EQ(stored("people"), Lines{});
}

TEST_P(WarehouseConformance, TargetsAreUndoneFromTheLatest) {
    load(1, upsert("people", "1|a|~; 2|a|~"));
    load(2, upsert("people", "1|b|~; 3|b|~"));
    load(3, upsert("people", "1|c|~; 3|c|~"));
    const UndoOutcome outcome = undo(4, {2, 3});
    EXPECT_EQ(outcome.parts.at(0).counts, (ChangeCounts{0, 1, 1, 0})) << "as the diff";
    EXPECT_EQ(stored("people"), (Lines{"1|a|~|4|1", "2|a|~|1|1"}));
    // There and back within the targets: the same values, but another's.
    load(5, upsert("people", "2|b|~"));
    load(6, upsert("people", "2|a|~"));
    EXPECT_EQ(undo(7, {5, 6}).parts.at(0).counts, (ChangeCounts{0, 0, 0, 0}));
    EXPECT_EQ(stored("people"), (Lines{"1|a|~|4|1", "2|a|~|7|1"}));
    undo(8, {7, 4});
    EXPECT_EQ(owned("people"), (Lines{"1|c|~|3", "2|a|~|6", "3|c|~|3"}));
}

TEST_P(WarehouseConformance, AnUndoOfSeveralCanBeTakenBackInPart) {
    load(1, upsert("people", "1|a|~"));
    load(2, upsert("people", "2|b|~"));
    undo(3, {1, 2});
    undo(4, {3});
    undo(5, {1});
    EXPECT_EQ(owned("people"), Lines{"2|b|~|2"});
    // Both undos of submission 1 are active once the fourth is gone, and each has to go before it comes back.
    undo(6, {4});
    EXPECT_EQ(owned("people"), Lines{});
    undo(7, {5});
    EXPECT_EQ(owned("people"), Lines{});
    undo(8, {3});
    EXPECT_EQ(owned("people"), (Lines{"1|a|~|1", "2|b|~|2"}));
}

TEST_P(WarehouseConformance, ContradictoryTargetsConflict) {
    load(1, upsert("people", "1|a|~"));
    load(2, upsert("people", "1|b|~"));
    undo(3, {2});
    // Submission 2 would come back where 1 goes at once.
    EXPECT_EQ(undo_error(9, {1, 3}), "undo-conflict submission=1 key=people(1)");
    EXPECT_EQ(undo_error(9, {1, 3}, true), "undo-conflict submission=1 key=people(1)");
}

TEST_P(WarehouseConformance, CascadeOverUndosBringsBackWhatTheyTook) {
    load(1, upsert("people", "1|a|~"));
    load(2, upsert("people", "1|b|~; 2|b|~"));
    load(3, upsert("people", "2|c|~"));
    undo(4, {3});
    undo(5, {2});
    load(6, upsert("people", "1|a|~; 2|d|~"));
    EXPECT_EQ(undo_error(9, {4}), "undo-conflict submission=5 submission=6 key=people(2)");
    EXPECT_EQ(undo(7, {4}, true).undone, (std::vector{SubmissionId(4), SubmissionId(5), SubmissionId(6)}));
    EXPECT_EQ(owned("people"), (Lines{"1|b|~|2", "2|c|~|3"}));
    undo(8, {7});
    EXPECT_EQ(owned("people"), (Lines{"1|a|~|1", "2|d|~|6"}));
}

TEST_P(WarehouseConformance, DeleteMissingIsUndoneAsDeletionsOfItsKeys) {
    load(1, upsert("people", "1|a|~; 2|a|~; 3|a|~"));
    load(2, upsert("people", "4|b|~"));
    SubmissionText deletes{SubmissionId(3), {delete_missing("people", "1|a|~; 4|b|~")}, {{"people", 2}}};
    EXPECT_EQ(publish_one(deletes).state, SubmissionOutcome::State::published);
    // It does not settle: what it left alone can be undone from under it.
    undo(4, {2});
    EXPECT_EQ(undo_error(9, {1}), "undo-conflict submission=3 key=people(2) key=people(3)");
    undo(5, {3});
    EXPECT_EQ(owned("people"), (Lines{"1|a|~|1", "2|a|~|1", "3|a|~|1"}));
    undo(6, {4});
    undo(7, {5});
    EXPECT_EQ(owned("people"), (Lines{"1|a|~|1", "4|b|~|2"}));
}

TEST_P(WarehouseConformance, DeleteMissingSparesRowsThatAnUndoBroughtBack) {
    load(1, upsert("people", "1|a|~; 2|a|~"));
    load(2, upsert("people", "2|b|~"));
    undo(3, {2});
    const SubmissionText deletes{SubmissionId(4), {delete_missing("people", "9|x|~", Version(3))}, {{"people", 1}}};
    EXPECT_EQ(publish_one(deletes).state, SubmissionOutcome::State::published);
    EXPECT_EQ(stored("people"), Lines{"2|a|~|3|1"});
}

TEST_P(WarehouseConformance, HeldBackAndPublishedLaterIsLater) {
    ToldJudge holds(PublishJudge::Verdict::hold);
    load(2, append("people", "1|a|~"));
    const SubmissionText early{SubmissionId(1), {append("people", "1|z|~; 2|a|~")}, {}};
    publish({early}, holds);
    load(3, upsert("people", "2|b|~"));
    ToldJudge passes;
    publish({early}, passes); // 2 is taken by now, too
    EXPECT_EQ(owned("people"), (Lines{"1|a|~|2", "2|b|~|3"}));
    load(5, upsert("people", "4|c|~"));
    load(4, upsert("people", "4|d|~"));
    EXPECT_EQ(undo_error(9, {5}), "undo-conflict submission=4 key=people(4)");
    undo(6, {4});
    EXPECT_EQ(owned("people"), (Lines{"1|a|~|2", "2|b|~|3", "4|c|~|5"}));
}

TEST_P(WarehouseConformance, UndoAfterPruning) {
    load(1, upsert("people", "1|a|~; 2|a|~"));
    load(2, upsert("people", "1|b|~"));
    load(3, upsert("people", "2|b|~"));
    ASSERT_TRUE(warehouse().prune("people", Version(2)));
    EXPECT_EQ(undo_error(9, {2}), "version-pruned");
    EXPECT_EQ(undo_error(9, {1}, true), "version-pruned");
    undo(4, {3});
    EXPECT_EQ(stored("people"), (Lines{"1|b|~|2|2", "2|a|~|4|1"}));
    undo(5, {4});
    ASSERT_TRUE(warehouse().prune("people", Version(3)));
    EXPECT_EQ(undo_error(9, {3}), "version-pruned");
    EXPECT_EQ(undo_error(9, {5}), "version-pruned") << "it would take submission 3 again";
    load(6, append("log", "a|1"));
    undo(7, {6});
    EXPECT_EQ(rows("people"), (Lines{"1|b|~", "2|b|~"}));
}

TEST_P(WarehouseConformance, UndoThatNeedsTheKeysOfAPrunedSubmission) {
    load(1, upsert("people", "1|a|~; 2|a|~"));
    EXPECT_EQ(publish_one({SubmissionId(2), {delete_missing("people", "2|a|~")}, {{"people", 1}}}).state,
              SubmissionOutcome::State::published);
    load(3, upsert("people", "3|c|~"));
    load(4, upsert("people", "1|b|~"));
    undo(5, {4});
    undo(6, {2});
    ASSERT_TRUE(warehouse().prune("people", Version(3)));
    // Whether submission 2, which is gone since, wrote what 4 wrote can no longer be told.
    EXPECT_EQ(undo_error(9, {5}), "version-pruned");
    EXPECT_EQ(undo_error(9, {6}), "version-pruned");
}

} // namespace inlet
