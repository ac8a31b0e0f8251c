// Removing rows for good, copying a warehouse, and counting what came and went.
#include "warehouse/testing/conformance.hpp"

namespace inlet {

void conformance_erasing() {}

namespace {

EraseRequest request_for(std::int64_t id, const std::string& dataset, std::vector<FieldValue> where) {
    EraseRequest request;
    request.id = SubmissionId(id);
    request.dataset = dataset;
    request.where = std::move(where);
    request.by = "clerk";
    return request;
}

EraseRequest purge_of(std::int64_t id, std::int64_t submission) {
    EraseRequest request;
    request.id = SubmissionId(id);
    request.brought_by = SubmissionId(submission);
    return request;
}

Lines text_of(const Result<EraseOutcome>& outcome) {
    if (!outcome) return {code_of(outcome)};
    Lines lines;
    for (const ErasedRows& rows : outcome->parts)
        lines.push_back(rows.dataset + " " + std::to_string(rows.live) + " " + std::to_string(rows.history));
    return lines;
}

Lines flows_of(Warehouse& warehouse, const std::string& table) {
    Lines lines;
    const std::vector<RowFlow> flows = warehouse.row_flows(table).value();
    for (const RowFlow& flow : flows) {
        lines.push_back(std::to_string(flow.version.value) + ": " + std::to_string(flow.came) + " " +
                        std::to_string(flow.went));
    }
    return lines;
}

} // namespace

TEST_P(WarehouseConformance, ErasedRowsAreInNoVersion) {
    load(1, append("people", "1|anna|Ulm; 2|bert|Ulm; 3|cleo|Bonn"));
    load(2, upsert("people", "1|anne|Ulm; 2|bert|Kiel; 3|cleo|Bonn"));
    EXPECT_EQ(text_of(warehouse().erase(request_for(3, "people", {{"city", "Ulm"}}))), (Lines{"people 1 2"}));
    EXPECT_EQ(rows("people"), (Lines{"2|bert|Kiel", "3|cleo|Bonn"}));
    EXPECT_EQ(rows("people", Version(1)), (Lines{"3|cleo|Bonn"}));
    EXPECT_EQ(rows("people", Version(2)), (Lines{"2|bert|Kiel", "3|cleo|Bonn"}));
    EXPECT_EQ(warehouse().versions("people", 1).value()[0].kind, "erase");
    EXPECT_EQ(warehouse().versions("people", 1).value()[0].counts.deleted, 1U);
    EXPECT_EQ(warehouse().published(SubmissionId(3), "people").value(), Version(3));
    EXPECT_EQ(warehouse().undone(SubmissionId(3)).value(), false);
    EXPECT_EQ(undo_error(4, {3}), "not-undoable");
}

TEST_P(WarehouseConformance, AllValuesOfAnErasureMustHold) {
    load(1, append("people", "1|anna|Ulm; 2|bert|Ulm; 3|anna|Bonn"));
    EXPECT_EQ(text_of(warehouse().erase(request_for(2, "people", {{"city", "Ulm"}, {"name", "anna"}}))),
              (Lines{"people 1 0"}));
    EXPECT_EQ(text_of(warehouse().erase(request_for(3, "people", {{"id", "3"}}))), (Lines{"people 1 0"}));
    EXPECT_EQ(rows("people"), (Lines{"2|bert|Ulm"}));
    EXPECT_EQ(text_of(warehouse().erase(request_for(4, "people", {{"id", "77"}}))), (Lines{"people 0 0"}))
        << "a version all the same";
    EXPECT_EQ(versions("people").size(), 4U);
}

TEST_P(WarehouseConformance, ErasuresAreRefusedForWhatIsNotThere) {
    load(1, append("people", "1|anna|Ulm"));
    const std::string before = dump(warehouse());
    EXPECT_EQ(code_of(warehouse().erase(request_for(2, "nobody", {{"id", "1"}}))), "unknown-dataset");
    EXPECT_EQ(code_of(warehouse().erase(request_for(2, "people", {{"mail", "1"}}))), "bad-argument");
    EXPECT_EQ(code_of(warehouse().erase(request_for(2, "people", {}))), "bad-argument");
    EXPECT_EQ(code_of(warehouse().erase(request_for(1, "people", {{"id", "1"}}))), "already-published");
    EXPECT_EQ(code_of(warehouse().erase(purge_of(2, 9))), "bad-argument");
    EraseRequest dry = request_for(2, "people", {{"id", "1"}});
    dry.dry_run = true;
    EXPECT_EQ(text_of(warehouse().erase(dry)), (Lines{"people 1 0"}));
    EXPECT_EQ(dump(warehouse()), before);
}

TEST_P(WarehouseConformance, NoUndoBringsErasedRowsBack) {
    load(1, append("people", "1|anna|Ulm; 2|bert|Ulm"));
    load(2, upsert("people", "1|anna|Bonn; 2|bert|Bonn"));
    EXPECT_EQ(text_of(warehouse().erase(request_for(3, "people", {{"name", "anna"}}))), (Lines{"people 1 1"}));
    undo(4, {2});
    EXPECT_EQ(rows("people"), (Lines{"2|bert|Ulm"}));
    undo(5, {4});
    EXPECT_EQ(rows("people"), (Lines{"2|bert|Bonn"}));
    undo(6, {1, 2});
    EXPECT_EQ(rows("people"), Lines{});
}

TEST_P(WarehouseConformance, WhatARowHadReplacedStaysAwayUntilAnUndo) {
    load(1, append("people", "1|anna|Ulm"));
    load(2, upsert("people", "1|anne|Bonn"));
    EXPECT_EQ(text_of(warehouse().erase(request_for(3, "people", {{"name", "anne"}}))), (Lines{"people 1 0"}));
    EXPECT_EQ(rows("people"), Lines{});
    undo(4, {2});
    EXPECT_EQ(rows("people"), (Lines{"1|anna|Ulm"}));
}

TEST_P(WarehouseConformance, TouchesOfErasedKeysGo) {
    load(1, append("people", "1|anna|Ulm; 2|bert|Ulm"));
    load(2, upsert("people", "1|anna|Ulm; 2|bert|Ulm"));
    EXPECT_EQ(undo_error(3, {1}), "undo-conflict submission=2 key=people(1) key=people(2)");
    EXPECT_EQ(text_of(warehouse().erase(request_for(4, "people", {{"id", "1"}}))), (Lines{"people 1 0"}));
    EXPECT_EQ(undo_error(5, {1}), "undo-conflict submission=2 key=people(2)");
}

TEST_P(WarehouseConformance, RowsWithoutAKeyAreErasedToo) {
    load(1, append("log", "a|1; a|1; b|2"));
    load(2, replace("log", "a|1; c|3"));
    EXPECT_EQ(text_of(warehouse().erase(request_for(3, "log", {{"text", "a"}}))), (Lines{"log 1 1"}));
    EXPECT_EQ(rows("log"), (Lines{"c|3"}));
    undo(4, {2});
    EXPECT_EQ(rows("log"), (Lines{"b|2"}));
}

TEST_P(WarehouseConformance, APurgeRemovesWhatASubmissionBrought) {
    publish_one({SubmissionId(1), {append("people", "1|anna|Ulm; 2|bert|Ulm"), append("log", "a|1")}, {}});
    load(2, upsert("people", "1|anne|Ulm; 3|cleo|Bonn"));
    EXPECT_EQ(text_of(warehouse().erase(purge_of(3, 1))), (Lines{"log 1 0", "people 1 1"}));
    EXPECT_EQ(rows("people"), (Lines{"1|anne|Ulm", "3|cleo|Bonn"}));
    EXPECT_EQ(rows("log"), Lines{});
    EXPECT_EQ(undo_error(4, {1}), "not-undoable");
    EXPECT_EQ(warehouse().versions("log", 1).value()[0].kind, "purge");
    EXPECT_EQ(warehouse().versions("log", 1).value()[0].undoes, (std::vector{SubmissionId(1)}));
    undo(5, {2});
    EXPECT_EQ(rows("people"), Lines{}) << "what it had replaced was of the purged one";
    EXPECT_EQ(code_of(warehouse().erase(purge_of(6, 5))), "bad-argument") << "an undo brought nothing";
}

TEST_P(WarehouseConformance, NoUndoBringsAPurgedSubmissionBack) {
    load(1, append("people", "1|anna|Ulm"));
    undo(2, {1});
    EXPECT_EQ(text_of(warehouse().erase(purge_of(3, 1))), (Lines{"people 0 1"}));
    EXPECT_EQ(undo_error(4, {2}), "not-undoable");
}

TEST_P(WarehouseConformance, RowFlowsTellWhatCameAndWent) {
    load(1, append("people", "1|anna|Ulm; 2|bert|Ulm"));
    load(2, sync("people", "1|anne|Ulm; 3|cleo|Ulm"));
    undo(3, {2});
    EXPECT_EQ(flows_of(warehouse(), "people"), (Lines{"1: 2 0", "2: 2 2", "3: 2 2"}));
    EXPECT_EQ(flows_of(warehouse(), "log"), Lines{});
    EXPECT_EQ(code_of(warehouse().row_flows("nobody")), "unknown-dataset");
}

TEST_P(WarehouseConformance, CompactingChangesNothingThatIsRead) {
    load(1, append("people", "1|anna|Ulm; 2|bert|Ulm"));
    ASSERT_TRUE(warehouse().erase(request_for(2, "people", {{"id", "1"}})));
    const std::string before = dump(warehouse());
    ASSERT_TRUE(warehouse().compact());
    EXPECT_EQ(dump(warehouse()), before);
    load(3, upsert("people", "2|bert|Bonn"));
    undo(4, {3});
    EXPECT_EQ(rows("people"), (Lines{"2|bert|Ulm"}));
}

TEST_P(WarehouseConformance, ACopyHoldsTheSame) {
    load(1, append("people", "1|anna|Ulm; 2|bert|Ulm"));
    load(2, upsert("people", "2|bert|Bonn"));
    const std::string before = dump(warehouse());
    const TemporaryFolder folder;
    const Status copied = warehouse().copy_to(folder.path() + "/" + GetParam().file);
    if (!GetParam().durable) {
        EXPECT_EQ(code_of(copied), "not-supported");
        return;
    }
    ASSERT_TRUE(copied) << to_string(copied.error());
    load(3, upsert("people", "2|bert|Kiel")); // goes on beside it
    const auto copy = GetParam().open(clock_, folder.path());
    EXPECT_EQ(dump(*copy), before);
}

} // namespace inlet
