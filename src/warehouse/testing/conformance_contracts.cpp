// Contracts that change while rows are stored, and what is staged.
#include <fmt/format.h>

#include "warehouse/testing/conformance.hpp"

namespace inlet {

void conformance_contracts() {}

namespace {

// A source that fails when it is read.
class BrokenSource final : public RowSource {
public:
    Result<std::unique_ptr<RowStream>> open() const override { return std::make_unique<Stream>(); }
    std::uint64_t rows() const override { return 1; }

private:
    class Stream final : public RowStream {
    public:
        Result<bool> next(RecordBatch&) override { return fail(FailureCode::object_missing, "the raw file is gone"); }
    };
};

std::string columns_of(Warehouse& warehouse, const std::string& dataset, std::optional<Version> as_of) {
    RowCollector rows;
    if (!warehouse.read(dataset, as_of, rows)) return "unreadable";
    std::string out;
    for (const ResultColumn& column : rows.columns()) out += column.name + " ";
    return out;
}

PublishPart part_of(const std::string& dataset, Effect effect, std::vector<StageToken> tokens) {
    PublishPart part;
    part.dataset = dataset;
    part.effect = effect;
    part.tokens = std::move(tokens);
    return part;
}

} // namespace

TEST_P(WarehouseConformance, DefiningAgainChangesNothing) {
    load(1, append("people", "1|ann|~"));
    const std::string before = dump(warehouse());
    Dataset same = datasets_.at("people");
    same.title = "People";
    same.schema.fields[1].description = "as in the passport";
    define({same, datasets_.at("log")});
    EXPECT_EQ(dump(warehouse()), before);
}

TEST_P(WarehouseConformance, AContractThatStoredRowsDoNotFitIsRefused) {
    load(1, append("people", "1|ann|rome; 2|bob|rome; 3|cid|~"));
    load(2, upsert("people", "3|cid|oslo"));
    const std::string before = dump(warehouse());
    const auto refused = [&](std::string_view fields) {
        const Status status = warehouse().define({make_dataset("new", "x:integer"), make_dataset("people", fields)});
        if (status) return std::string("ok");
        EXPECT_NE(status.error().message.find("`people`"), std::string::npos) << status.error().message;
        return std::string(failure_info(status.error().code).code);
    };
    EXPECT_EQ(refused("id:integer key, name:string"), "contract-changed") << "a field is gone";
    EXPECT_EQ(refused("id:integer key, label:string, city:string"), "contract-changed") << "a field has another name";
    EXPECT_EQ(refused("id:integer key, name:integer, city:string"), "contract-changed") << "a field has another type";
    EXPECT_EQ(refused("id:integer key, name:object, city:string"), "contract-changed") << "text is not JSON";
    EXPECT_EQ(refused("id:integer, name:string key, city:string"), "contract-changed") << "the key is another";
    EXPECT_EQ(refused("id:integer key, name:string key, city:string"), "contract-changed") << "the key is longer";
    EXPECT_EQ(refused("id:integer, name:string, city:string"), "contract-changed") << "the key is gone";
    EXPECT_EQ(refused("id:integer key, name:string, city:string, age:integer required"), "contract-changed")
        << "no row has an age";
    EXPECT_EQ(refused("id:integer key, name:string, city:string required"), "contract-changed")
        << "a row of the history has no city";
    EXPECT_EQ(refused("id:integer key, name:string, city:string unique"), "contract-changed") << "two live in one city";
    EXPECT_EQ(dump(warehouse()), before) << "the other dataset of the same call is not defined either";
}

TEST_P(WarehouseConformance, AContractMayGrow) {
    load(1, append("people", "1|ann|rome; 2|bob|~"));
    load(2, upsert("people", "2|bob|oslo"));
    define({make_dataset("people", "age:integer, city:string unique, id:integer key, name:string required")});
    EXPECT_EQ(stored("people"), (Lines{"~|oslo|2|bob|2|2", "~|rome|1|ann|1|1"}));
    EXPECT_EQ(columns_of(warehouse(), "people", std::nullopt), "age city id name _version _submission ");
    EXPECT_EQ(columns_of(warehouse(), "people", Version(2)), "id name city _version _submission ")
        << "as it stood then";
    EXPECT_EQ(stored("people", Version(1)), (Lines{"1|ann|rome|1|1", "2|bob|~|1|1"}));
    EXPECT_EQ(counts(3, upsert("people", "~|oslo|2|bob; 33|bern|3|cid; 44|rome|1|ann")), "1 1 0 1");
    EXPECT_EQ(columns_of(warehouse(), "people", Version(3)), "age city id name _version _submission ");
    EXPECT_EQ(stored("people", Version(2)), (Lines{"1|ann|rome|1|1", "2|bob|oslo|2|2"}));
    EXPECT_EQ(diff("people", 1, 3), (Lines{"updated ~|rome|1|ann -> 44|rome|1|ann", "updated ~|~|2|bob -> ~|oslo|2|bob",
                                           "inserted  -> 33|bern|3|cid", "1 2 0 0"}));
    ToldJudge judge;
    publish({{SubmissionId(4), {append("people", "1|bern|4|dan")}, {}}}, judge);
    EXPECT_EQ(judge.questions().size(), 1U) << "unique from now on";
    undo(5, {3});
    EXPECT_EQ(stored("people"), (Lines{"~|oslo|2|bob|2|2", "~|rome|1|ann|5|1"}));
    undo(6, {2});
    EXPECT_EQ(stored("people"), (Lines{"~|rome|1|ann|5|1", "~|~|2|bob|6|1"})) << "across the revision";
}

TEST_P(WarehouseConformance, AContractMayLoosen) {
    define({make_dataset("codes", "code:string key, n:integer required unique")});
    load(1, append("codes", "a|1"));
    define({make_dataset("codes", "code:string key, n:integer")});
    EXPECT_EQ(counts(2, append("codes", "b|1; c|~")), "2 0 0 0");
}

TEST_P(WarehouseConformance, AnyContractFitsWhereNothingIsStored) {
    define({make_dataset("people", "name:string key, born:date")});
    EXPECT_EQ(columns_of(warehouse(), "people", std::nullopt), "name born _version _submission ");
    EXPECT_EQ(counts(1, upsert("people", "ann|2000-01-01")), "1 0 0 0");
    define({make_dataset("log", "line:boolean")});
    EXPECT_EQ(counts(2, append("log", "true")), "1 0 0 0");
}

TEST_P(WarehouseConformance, DatasetsThatAreNoLongerDefinedStay) {
    load(1, append("people", "1|ann|~"));
    define({make_dataset("other", "x:integer")});
    EXPECT_EQ(stored("people"), Lines{"1|ann|~|1|1"});
    EXPECT_EQ(counts(2, append("people", "2|bob|~")), "1 0 0 0");
    const auto tables = warehouse().tables();
    ASSERT_TRUE(tables);
    EXPECT_EQ(tables->size(), 4U);
}

TEST_P(WarehouseConformance, StagingNamesItsDataset) {
    EXPECT_EQ(code_of(warehouse().stage(SubmissionId(1), "nobody", 0, 0, make_rows(datasets_.at("log").schema, "a|1"))),
              "unknown-dataset");
}

TEST_P(WarehouseConformance, OnlyTheAttemptThatIsNamedIsSeen) {
    const Schema& schema = datasets_.at("log").schema;
    const auto staged = [&](std::int64_t submission, std::uint64_t batch, std::uint32_t attempt,
                            std::string_view rows) {
        const auto token = warehouse().stage(SubmissionId(submission), "log", batch, attempt,
                                             make_rows(schema, rows, {2, batch, false}));
        EXPECT_TRUE(token);
        return token ? *token : StageToken{};
    };
    staged(1, 0, 0, "first|1"); // by a worker that lost its lease
    const StageToken retried = staged(1, 0, 1, "second|1");
    const StageToken other = staged(1, 1, 0, "other|2");
    const StageToken again = staged(1, 1, 0, "again|2"); // the same attempt twice is two batches, too
    staged(2, 0, 0, "neighbour|3");
    EXPECT_NE(other, again);
    EXPECT_EQ(stored("log"), Lines{}) << "what is staged is not seen";
    PublishRequest request;
    request.submissions.push_back({SubmissionId(1), {part_of("log", Effect::append, {other, retried})}, {}});
    ToldJudge judge;
    const auto outcome = warehouse().publish(request, judge);
    ASSERT_TRUE(outcome) << to_string(outcome.error());
    EXPECT_EQ(rows("log"), (Lines{"other|2", "second|1"}));
}

TEST_P(WarehouseConformance, WhatIsDiscardedCannotBePublished) {
    const Schema& schema = datasets_.at("log").schema;
    ToldJudge judge;
    const auto publish_token = [&](std::int64_t id, const StageToken& token) {
        PublishRequest request;
        request.submissions.push_back({SubmissionId(id), {part_of("log", Effect::append, {token})}, {}});
        return warehouse().publish(request, judge);
    };
    const StageToken first = *warehouse().stage(SubmissionId(1), "log", 0, 0, make_rows(schema, "a|1"));
    const StageToken second = *warehouse().stage(SubmissionId(2), "log", 0, 0, make_rows(schema, "b|2"));
    ASSERT_TRUE(warehouse().discard(SubmissionId(1)));
    ASSERT_TRUE(warehouse().discard(SubmissionId(7)));
    EXPECT_NE(code_of(publish_token(1, first)), "ok");
    EXPECT_NE(code_of(publish_token(1, StageToken{"never staged"})), "ok");
    EXPECT_EQ(versions(), Lines{});
    EXPECT_EQ(code_of(publish_token(2, second)), "ok");
    const StageToken third = *warehouse().stage(SubmissionId(3), "log", 0, 0, make_rows(schema, "c|3"));
    ASSERT_TRUE(warehouse().discard_all());
    EXPECT_NE(code_of(publish_token(3, third)), "ok");
    EXPECT_EQ(rows("log"), Lines{"b|2"});
}

TEST_P(WarehouseConformance, StagedBatchesOutliveAHold) {
    load(1, append("people", "1|ann|~; 2|bob|~"));
    const SubmissionText text{SubmissionId(2), {replace("people", "")}, {}};
    auto staged = stage(warehouse(), datasets_, text);
    ASSERT_TRUE(staged);
    PublishRequest request;
    request.submissions = {*staged};
    ToldJudge judge;
    EXPECT_EQ(to_string(*warehouse().publish(request, judge)),
              "version 0\nsubmission 2 held empty-snapshot deletes=2\n");
    request.submissions[0].approved_deletes["people"] = 2;
    EXPECT_EQ(warehouse().publish(request, judge)->version, Version(2));
}

TEST_P(WarehouseConformance, ABatchThatCannotBeReadFailsTheWholePublication) {
    load(1, append("people", "1|ann|~"));
    const std::string before = dump(warehouse());
    const auto good = stage(warehouse(), datasets_, {SubmissionId(2), {append("people", "2|bob|~")}, {}});
    ASSERT_TRUE(good);
    for (const Effect effect : {Effect::append, Effect::upsert, Effect::sync, Effect::replace}) {
        const std::int64_t id = 3 + static_cast<std::int64_t>(effect);
        const StageToken broken =
            *warehouse().stage(SubmissionId(id), "people", 0, 0, std::make_shared<BrokenSource>());
        PublishRequest request;
        request.submissions = {*good, {SubmissionId(id), {part_of("people", effect, {broken})}, {}}};
        ToldJudge judge;
        EXPECT_EQ(code_of(warehouse().publish(request, judge)), "object-missing");
        EXPECT_EQ(dump(warehouse()), before);
    }
    PublishRequest alone;
    alone.submissions = {*good};
    ToldJudge judge;
    EXPECT_EQ(warehouse().publish(alone, judge)->version, Version(2));
}

TEST_P(WarehouseConformance, AJudgeThatFailsFailsThePublication) {
    class Fails final : public PublishJudge {
    public:
        Result<Verdict> conflicts(SubmissionId, const std::string&, FailureCode, const std::vector<std::string>&,
                                  const std::vector<RecordOrder>&) override {
            return fail(FailureCode::disk_full, "no room for the rejects");
        }
    };
    load(1, append("people", "1|ann|~"));
    const std::string before = dump(warehouse());
    auto staged = stage(warehouse(), datasets_, {SubmissionId(2), {append("people", "2|bob|~; 1|x|~")}, {}});
    ASSERT_TRUE(staged);
    PublishRequest request;
    request.submissions = {*staged};
    Fails judge;
    EXPECT_EQ(code_of(warehouse().publish(request, judge)), "disk-full");
    EXPECT_EQ(dump(warehouse()), before);
}

TEST_P(WarehouseConformance, PublishingNamesItsDataset) {
    PublishRequest request;
    request.submissions.push_back({SubmissionId(1), {part_of("nobody", Effect::append, {})}, {}});
    ToldJudge judge;
    EXPECT_EQ(code_of(warehouse().publish(request, judge)), "unknown-dataset");
}

} // namespace inlet
