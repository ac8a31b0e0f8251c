// The four write modes, what is stored and what is counted, and how submissions share a version.
#include <fmt/format.h>

#include "warehouse/testing/conformance.hpp"

namespace inlet {

void conformance_writes() {}

TEST_P(WarehouseConformance, StartsEmpty) {
    EXPECT_EQ(versions(), Lines{});
    EXPECT_EQ(versions("people"), Lines{});
    EXPECT_EQ(versions("nobody"), Lines{"unknown-dataset"});
    EXPECT_EQ(stored("people"), Lines{});
    EXPECT_EQ(stored("people", Version(0)), Lines{});
    EXPECT_EQ(stored("people", Version(1)), Lines{"unknown-version"});
    EXPECT_EQ(stored("nobody"), Lines{"unknown-dataset"});
}

TEST_P(WarehouseConformance, AppendWithoutAKeyAddsEveryRow) {
    EXPECT_EQ(counts(1, append("log", "a|1; a|1; b|~")), "3 0 0 0");
    EXPECT_EQ(counts(2, append("log", "a|1")), "1 0 0 0");
    EXPECT_EQ(stored("log"), (Lines{"a|1|1|1", "a|1|1|1", "a|1|2|2", "b|~|1|1"}));
}

TEST_P(WarehouseConformance, AppendWithAKeyAddsNewKeys) {
    EXPECT_EQ(counts(1, append("people", "1|ann|rome; 2|bob|~")), "2 0 0 0");
    EXPECT_EQ(counts(2, append("people", "3|cid|oslo")), "1 0 0 0");
    EXPECT_EQ(stored("people"), (Lines{"1|ann|rome|1|1", "2|bob|~|1|1", "3|cid|oslo|2|2"}));
}

TEST_P(WarehouseConformance, AppendAsksAboutKeysThatAreTaken) {
    load(1, append("people", "1|ann|rome; 2|bob|oslo"));
    ToldJudge judge;
    const PublishOutcome outcome =
        publish({{SubmissionId(2), {append("people", "3|x|~; 2|bob|oslo; 4|x|~; 5|x|~; 1|x|~")}, {}}}, judge);
    const std::vector<RecordOrder> taken{RecordOrder::of(0, 1), RecordOrder::of(2, 0)};
    const ToldJudge::Question asked{SubmissionId(2), "people", FailureCode::primary_key, {"id"}, taken};
    EXPECT_EQ(judge.questions(), std::vector{asked});
    EXPECT_EQ(to_string(outcome), "version 2\nsubmission 2 published\n"
                                  "  people: inserted 3 updated 0 deleted 0 unchanged 0, held 0 skipped 0\n");
    EXPECT_EQ(owned("people"), (Lines{"1|ann|rome|1", "2|bob|oslo|1", "3|x|~|2", "4|x|~|2", "5|x|~|2"}));
}

TEST_P(WarehouseConformance, TheJudgeMayRejectOrHold) {
    load(1, append("people", "1|ann|rome"));
    const std::string before = dump(warehouse());
    ToldJudge rejects(PublishJudge::Verdict::reject);
    EXPECT_EQ(to_string(publish({{SubmissionId(2), {append("people", "1|x|~; 2|y|~")}, {}}}, rejects)),
              "version 0\nsubmission 2 rejected primary-key\n");
    ToldJudge holds(PublishJudge::Verdict::hold);
    EXPECT_EQ(to_string(publish({{SubmissionId(3), {append("people", "1|x|~; 2|y|~")}, {}}}, holds)),
              "version 0\nsubmission 3 held primary-key\n");
    EXPECT_EQ(dump(warehouse()), before);
}

TEST_P(WarehouseConformance, UpsertInsertsReplacesAndTouches) {
    EXPECT_EQ(counts(1, upsert("people", "1|ann|rome; 2|bob|oslo; 3|cid|~")), "3 0 0 0");
    EXPECT_EQ(counts(2, upsert("people", "2|bob|bern; 3|cid|~; 4|dan|~")), "1 1 0 1");
    EXPECT_EQ(stored("people"), (Lines{"1|ann|rome|1|1", "2|bob|bern|2|2", "3|cid|~|1|1", "4|dan|~|2|2"}));
    EXPECT_EQ(stored("people", Version(1)), (Lines{"1|ann|rome|1|1", "2|bob|oslo|1|1", "3|cid|~|1|1"}));
}

TEST_P(WarehouseConformance, UpsertKeepsTheLastOfAKey) {
    // In all orders: the batches of both tokens come last to first.
    ToldJudge judge;
    PublishRequest request;
    const RowLayout layout{.batch_rows = 1, .first_ordinal = 0, .reversed = true};
    const SubmissionText text{SubmissionId(1), {upsert("people", "1|a|~; 2|b|~; 1|c|~; 3|d|~; 2|e|~; 1|f|~")}, {}};
    request.submissions.push_back(*stage(warehouse(), datasets_, text, layout));
    const auto outcome = warehouse().publish(request, judge);
    ASSERT_TRUE(outcome) << to_string(outcome.error());
    EXPECT_EQ(to_string(*outcome), "version 1\nsubmission 1 published\n"
                                   "  people: inserted 3 updated 0 deleted 0 unchanged 0, held 0 skipped 0\n");
    EXPECT_EQ(rows("people"), (Lines{"1|f|~", "2|e|~", "3|d|~"}));
    // A repeat that ends where the row stands is a touch, whatever it says in between.
    EXPECT_EQ(counts(2, upsert("people", "1|z|~; 1|f|~")), "0 0 0 1");
}

TEST_P(WarehouseConformance, PartsMaySayThatTheirKeysAreDistinct) {
    const auto distinct = [](PartText part) {
        part.keys_distinct = true;
        return part;
    };
    EXPECT_EQ(counts(1, distinct(append("people", "1|ann|~; 2|bob|~; 3|cid|~"))), "3 0 0 0");
    EXPECT_EQ(counts(2, distinct(upsert("people", "2|eve|~; 4|dan|~; 1|ann|~"))), "1 1 0 1");
    EXPECT_EQ(counts(3, distinct(sync("people", "2|eve|~; 5|fay|~"))), "1 0 3 1");
    EXPECT_EQ(counts(4, distinct(replace("people", "5|gus|~; 6|fay|~"))), "1 1 1 0");
    EXPECT_EQ(rows("people"), (Lines{"5|gus|~", "6|fay|~"}));
}

TEST_P(WarehouseConformance, ReplaceWithAKeyWritesDifferences) {
    load(1, append("people", "1|ann|rome; 2|bob|oslo; 3|cid|~"));
    EXPECT_EQ(counts(2, replace("people", "2|bob|oslo; 3|cid|bern; 4|dan|~; 4|dan|lund")), "1 1 1 1");
    EXPECT_EQ(stored("people"), (Lines{"2|bob|oslo|1|1", "3|cid|bern|2|2", "4|dan|lund|2|2"}));
    EXPECT_EQ(rows("people", Version(1)), (Lines{"1|ann|rome", "2|bob|oslo", "3|cid|~"}));
}

TEST_P(WarehouseConformance, ReplaceWithoutAKeyComparesBags) {
    load(1, append("log", "a|1; a|1; a|1; b|~; c|3"));
    EXPECT_EQ(counts(2, replace("log", "a|1; a|1; b|~; b|~; d|4")), "2 0 2 3");
    EXPECT_EQ(stored("log"), (Lines{"a|1|1|1", "a|1|1|1", "b|~|1|1", "b|~|2|2", "d|4|2|2"}));
    EXPECT_EQ(rows("log", Version(1)), (Lines{"a|1", "a|1", "a|1", "b|~", "c|3"}));
}

TEST_P(WarehouseConformance, OfEqualRowsTheLatestSubmissionsGoFirst) {
    load(1, append("log", "a|1; a|1"));
    load(2, append("log", "a|1"));
    load(3, append("log", "a|1"));
    EXPECT_EQ(counts(4, replace("log", "a|1; a|1; a|1")), "0 0 1 3");
    EXPECT_EQ(stored("log"), (Lines{"a|1|1|1", "a|1|1|1", "a|1|2|2"}));
    EXPECT_EQ(counts(5, replace("log", "a|1")), "0 0 2 1");
    EXPECT_EQ(stored("log"), Lines{"a|1|1|1"});
}

TEST_P(WarehouseConformance, SyncDeletesWhatIsMissing) {
    load(1, append("people", "1|ann|rome; 2|bob|oslo; 3|cid|~"));
    EXPECT_EQ(counts(2, sync("people", "3|cid|~; 2|bob|bern; 4|dan|~")), "1 1 1 1");
    EXPECT_EQ(stored("people"), (Lines{"2|bob|bern|2|2", "3|cid|~|1|1", "4|dan|~|2|2"}));
    EXPECT_EQ(counts(3, sync("people", "3|cid|~; 2|bob|bern; 4|dan|~")), "0 0 0 3");
}

TEST_P(WarehouseConformance, RejectedRecordsAreNotStored) {
    EXPECT_EQ(counts(1, append("log", "!; a|1; !; b|2; !")), "2 0 0 0");
    EXPECT_EQ(counts(2, upsert("people", "1|ann|~; !; 2|bob|~; !")), "2 0 0 0");
    EXPECT_EQ(rows("log"), (Lines{"a|1", "b|2"}));
    EXPECT_EQ(rows("people"), (Lines{"1|ann|~", "2|bob|~"}));
}

TEST_P(WarehouseConformance, EmptyPartsChangeNothing) {
    load(1, append("people", "1|ann|rome"));
    EXPECT_EQ(counts(2, append("people", "")), "0 0 0 0");
    EXPECT_EQ(counts(3, upsert("people", "!; !")), "0 0 0 0");
    EXPECT_EQ(counts(4, append("log", "")), "0 0 0 0");
    EXPECT_EQ(stored("people"), Lines{"1|ann|rome|1|1"});
}

TEST_P(WarehouseConformance, EveryTypeComesBackAsItWas) {
    define(
        {make_dataset("types", "k:integer key, b:boolean, i:integer, n:number, d:date, t:time, dt:datetime, s:string, "
                               "o:object, a:array, x:any")});
    const std::string full = "1|true|-9223372036854775807|-0.1|2024-02-29|23:59:59.999999|1969-12-31T23:59:59.5|grün|"
                             "{\"a\": [1]}|[ ]|any";
    const std::string none = "2|~|~|~|~|~|~|~|~|~|~";
    const std::string extremes =
        "9223372036854775807|false|9223372036854775807|1.7976931348623157e+308|0001-01-01|00:00:00|"
        "9999-12-31T23:59:59||{}|[]|";
    const std::string small = "4|false|0|5e-324|1970-01-01|12:00:00|1970-01-01T00:00:00| |{}|[]|0";
    const std::string all = full + ";" + none + ";" + extremes + ";" + small;
    load(1, append("types", all));
    EXPECT_EQ(rows("types"), (Lines{full, none, small, extremes}));
    EXPECT_EQ(counts(2, upsert("types", all)), "0 0 0 4");

    RowCollector result;
    ASSERT_TRUE(warehouse().read("types", std::nullopt, result));
    std::string kinds;
    for (const ResultColumn& column : result.columns())
        kinds += fmt::format("{}:{} ", column.name, static_cast<int>(column.kind));
    const auto kind = [](ResultKind of) { return static_cast<int>(of); };
    EXPECT_EQ(kinds,
              fmt::format(
                  "k:{1} b:{0} i:{1} n:{2} d:{3} t:{4} dt:{5} s:{6} o:{7} a:{7} x:{6} _version:{1} _submission:{1} ",
                  kind(ResultKind::boolean), kind(ResultKind::int64), kind(ResultKind::float64), kind(ResultKind::date),
                  kind(ResultKind::time), kind(ResultKind::timestamp), kind(ResultKind::text), kind(ResultKind::json)));
}

TEST_P(WarehouseConformance, NothingIsNoValueAndEmptyTextIsOne) {
    define({make_dataset("pairs", "k:string key, v:string, n:integer")});
    load(1, append("pairs", "|~|~; a||0"));
    EXPECT_EQ(counts(2, upsert("pairs", "|~|~; a||0")), "0 0 0 2");
    EXPECT_EQ(counts(3, upsert("pairs", "||~; a|~|~")), "0 2 0 0");
    EXPECT_EQ(rows("pairs"), (Lines{"a|~|~", "||~"}));
    load(4, append("log", "|~; ~|~"));
    EXPECT_EQ(counts(5, replace("log", "|~; |~; ~|0")), "2 0 1 1");
}

TEST_P(WarehouseConformance, MinusZeroIsStoredAsZero) {
    define({make_dataset("numbers", "k:number key, v:number"), make_dataset("bag", "v:number")});
    load(1, append("numbers", "-0|-0; 1|0"));
    EXPECT_EQ(rows("numbers"), (Lines{"0|0", "1|0"}));
    EXPECT_EQ(counts(2, upsert("numbers", "0|0; 1|-0")), "0 0 0 2");
    ToldJudge judge;
    publish({{SubmissionId(3), {append("numbers", "-0|7")}, {}}}, judge);
    EXPECT_EQ(judge.questions().size(), 1U);
    load(4, append("bag", "0; -0"));
    EXPECT_EQ(rows("bag"), (Lines{"0", "0"}));
    EXPECT_EQ(counts(5, replace("bag", "-0; 0")), "0 0 0 2");
    RowCollector found;
    ASSERT_TRUE(warehouse().find("numbers", make_keys(datasets_.at("numbers").schema, "-0"), found));
    EXPECT_EQ(found.rows().size(), 1U);
}

TEST_P(WarehouseConformance, LongAndForeignTextIsKept) {
    define({make_dataset("texts", "k:string key, v:string")});
    const std::string large(300'000, 'x');
    const std::string greek = "αβγ \xF0\x9F\x98\x80 \"quoted\", 'single' \\ \n\t";
    PartText part;
    part.dataset = "texts";
    part.rows = {{large, greek}, {greek, large}, {"a", large + "a"}, {"A", large + "b"}, {"a ", "space"}};
    load(1, part);
    part.effect = Effect::upsert;
    part.rows[2][1] = large + "c";
    EXPECT_EQ(counts(2, part), "0 1 0 4");
    RowCollector result;
    ASSERT_TRUE(warehouse().read("texts", std::nullopt, result));
    std::vector<TextCells> found;
    for (const TextCells& row : result.rows()) found.emplace_back(row.begin(), row.begin() + 2);
    std::sort(found.begin(), found.end());
    std::sort(part.rows.begin(), part.rows.end());
    EXPECT_TRUE(found == part.rows);
}

TEST_P(WarehouseConformance, KeysOfSeveralFieldsAndTypes) {
    define({make_dataset("stock", "day:date key, shop:string key, n:integer, open:boolean key")});
    load(1, append("stock", "2024-01-01|a|1|true; 2024-01-01|a|2|false; 2024-01-02|a|3|true; 2024-01-01|b|4|true"));
    EXPECT_EQ(counts(2, sync("stock", "2024-01-01|a|9|true; 2024-01-01|a|2|false; 2024-01-03|a|5|true")), "1 1 2 1");
    EXPECT_EQ(rows("stock"), (Lines{"2024-01-01|a|2|false", "2024-01-01|a|9|true", "2024-01-03|a|5|true"}));
}

TEST_P(WarehouseConformance, DatasetsOfKeysAlone) {
    define({make_dataset("members", "club:string key, person:integer key")});
    EXPECT_EQ(counts(1, upsert("members", "a|1; a|2; b|1")), "3 0 0 0");
    EXPECT_EQ(counts(2, upsert("members", "a|1; a|3")), "1 0 0 1");
    EXPECT_EQ(counts(3, sync("members", "a|1")), "0 0 3 1");
    EXPECT_EQ(counts(4, replace("members", "a|1; c|1")), "1 0 0 1");
}

TEST_P(WarehouseConformance, ManyRowsInManyBatches) {
    PartText part = upsert("people", "");
    for (int i = 0; i < 6'000; ++i)
        part.rows.push_back({std::to_string(i % 5'000), fmt::format("name {}", i), std::nullopt});
    EXPECT_EQ(counts(1, part), "5000 0 0 0");
    EXPECT_EQ(counts(2, part), "0 0 0 5000");
    const Lines found = rows("people");
    ASSERT_EQ(found.size(), 5'000U);
    EXPECT_EQ(std::count(found.begin(), found.end(), "999|name 5999|~"), 1);
    EXPECT_EQ(std::count(found.begin(), found.end(), "1000|name 1000|~"), 1);
}

TEST_P(WarehouseConformance, SubmissionsShareAVersionInTheOrderOfReceipt) {
    const PublishOutcome outcome =
        publish({{SubmissionId(1), {upsert("people", "1|a|~; 2|a|~")}, {}},
                 {SubmissionId(2), {upsert("people", "1|b|~; 3|b|~")}, {}},
                 {SubmissionId(3), {upsert("people", "1|b|~; 2|c|~"), append("log", "x|1")}, {}}});
    EXPECT_EQ(to_string(outcome), "version 1\n"
                                  "submission 1 published\n"
                                  "  people: inserted 2 updated 0 deleted 0 unchanged 0, held 0 skipped 0\n"
                                  "submission 2 published\n"
                                  "  people: inserted 1 updated 1 deleted 0 unchanged 0, held 0 skipped 0\n"
                                  "submission 3 published\n"
                                  "  people: inserted 0 updated 1 deleted 0 unchanged 1, held 0 skipped 0\n"
                                  "  log: inserted 1 updated 0 deleted 0 unchanged 0, held 0 skipped 0\n");
    EXPECT_EQ(stored("people"), (Lines{"1|b|~|1|2", "2|c|~|1|3", "3|b|~|1|2"}));
    EXPECT_EQ(stored("people", Version(1)), stored("people"));
    EXPECT_EQ(stored("people", Version(0)), Lines{});
}

TEST_P(WarehouseConformance, OneThatFailsLeavesItsNeighbours) {
    load(1, append("people", "1|ann|~"));
    ToldJudge judge(PublishJudge::Verdict::reject);
    DeletePolicy policy;
    policy.over_limit = DeletePolicy::OverLimit::hold;
    const PublishOutcome outcome =
        publish({{SubmissionId(2), {append("people", "2|bob|~")}, {}},
                 {SubmissionId(3), {append("log", "lost|1"), append("people", "3|x|~; 1|x|~")}, {}},
                 {SubmissionId(4), {append("log", "lost|2"), sync("people", "", policy)}, {}},
                 {SubmissionId(5), {append("people", "3|cid|~")}, {}}},
                judge);
    EXPECT_EQ(to_string(outcome), "version 2\n"
                                  "submission 2 published\n"
                                  "  people: inserted 1 updated 0 deleted 0 unchanged 0, held 0 skipped 0\n"
                                  "submission 3 rejected primary-key\n"
                                  "submission 4 held empty-snapshot deletes=2\n"
                                  "submission 5 published\n"
                                  "  people: inserted 1 updated 0 deleted 0 unchanged 0, held 0 skipped 0\n");
    EXPECT_EQ(stored("people"), (Lines{"1|ann|~|1|1", "2|bob|~|2|2", "3|cid|~|2|5"}));
    EXPECT_EQ(stored("log"), Lines{});
    EXPECT_EQ(versions("log"), Lines{});
}

TEST_P(WarehouseConformance, PartsOfOneSubmissionApplyInTheirOrder) {
    load(1, append("people", "1|ann|~; 2|bob|~"));
    const SubmissionOutcome outcome = publish_one(
        {SubmissionId(2),
         {upsert("people", "3|cid|~; 1|eve|~"), sync("people", "3|cid|~; 4|dan|~"), append("people", "1|new|~")},
         {}});
    ASSERT_EQ(outcome.parts.size(), 3U);
    EXPECT_EQ(outcome.parts[0].counts, (ChangeCounts{1, 1, 0, 0}));
    EXPECT_EQ(outcome.parts[1].counts, (ChangeCounts{1, 0, 2, 1}));
    EXPECT_EQ(outcome.parts[2].counts, (ChangeCounts{1, 0, 0, 0}));
    EXPECT_EQ(stored("people"), (Lines{"1|new|~|2|2", "3|cid|~|2|2", "4|dan|~|2|2"}));
    EXPECT_EQ(rows("people", Version(1)), (Lines{"1|ann|~", "2|bob|~"}));
    // One line, with the counts of all parts and the kind of the last.
    EXPECT_EQ(
        versions("people", 1).at(0),
        fmt::format("2 at {} people by tester of 2: append inserted 3 updated 1 deleted 2 unchanged 0", clock_.now()));
}

TEST_P(WarehouseConformance, APartThatFailsTakesAllPartsAlong) {
    load(1, append("people", "1|ann|~"));
    const std::string before = dump(warehouse());
    ToldJudge judge(PublishJudge::Verdict::reject);
    const PublishOutcome outcome = publish(
        {{SubmissionId(2), {upsert("people", "1|x|~; 2|y|~"), append("log", "a|1"), append("people", "2|z|~")}, {}}},
        judge);
    EXPECT_EQ(to_string(outcome), "version 0\nsubmission 2 rejected primary-key\n");
    EXPECT_EQ(dump(warehouse()), before);
}

TEST_P(WarehouseConformance, NoVersionForNothingPublished) {
    ToldJudge judge;
    EXPECT_EQ(publish({}, judge).version, Version(0));
    load(1, append("people", "1|ann|~"));
    ToldJudge rejects(PublishJudge::Verdict::reject);
    EXPECT_EQ(publish({{SubmissionId(2), {append("people", "1|x|~")}, {}}}, rejects).version, Version(0));
    EXPECT_EQ(load(3, append("people", "2|bob|~")), Version(2));
}

TEST_P(WarehouseConformance, APublicationWithoutChangesIsAVersion) {
    EXPECT_EQ(load(1, append("people", "1|ann|~")), Version(1));
    EXPECT_EQ(load(2, upsert("people", "1|ann|~")), Version(2));
    EXPECT_EQ(load(3, append("log", "")), Version(3));
    EXPECT_EQ(versions("log").size(), 1U);
    EXPECT_EQ(stored("people"), Lines{"1|ann|~|1|1"});
}

TEST_P(WarehouseConformance, ADryRunTellsAllAndChangesNothing) {
    load(1, append("people", "1|ann|~; 2|bob|~; 3|cid|~"));
    const std::string before = dump(warehouse());
    ToldJudge judge;
    const std::vector<SubmissionText> texts{{SubmissionId(2), {sync("people", "1|eve|~; 4|dan|~; 2|bob|~")}, {}},
                                            {SubmissionId(3), {append("people", "4|x|~; 5|y|~")}, {}}};
    const PublishOutcome outcome = publish(texts, judge, true, 10);
    EXPECT_EQ(to_string(outcome), "version 0\n"
                                  "submission 2 published\n"
                                  "  people: inserted 1 updated 1 deleted 1 unchanged 1, held 0 skipped 0\n"
                                  "submission 3 published\n"
                                  "  people: inserted 1 updated 0 deleted 0 unchanged 0, held 0 skipped 0\n");
    EXPECT_EQ(judge.questions().size(), 1U);
    Lines sample;
    for (const ChangedRow& row : outcome.submissions.at(0).parts.at(0).sample) sample.push_back(to_string(row));
    std::sort(sample.begin(), sample.end());
    EXPECT_EQ(sample, (Lines{"deleted 3|cid|~ -> ", "inserted  -> 4|dan|~", "updated 1|ann|~ -> 1|eve|~"}));
    EXPECT_EQ(dump(warehouse()), before);
    EXPECT_EQ(*warehouse().published(SubmissionId(2), ""), std::nullopt);
    EXPECT_EQ(load(2, append("people", "4|dan|~")), Version(2)) << "a dry run uses up neither number nor version";
}

TEST_P(WarehouseConformance, SamplesAreAsLongAsAskedFor) {
    load(1, append("log", "a|1; b|2"));
    ToldJudge judge;
    const auto sampled = [&](std::int64_t id, PartText part, std::size_t limit) {
        return publish({{SubmissionId(id), {std::move(part)}, {}}}, judge, false, limit)
            .submissions.at(0)
            .parts.at(0)
            .sample.size();
    };
    EXPECT_EQ(sampled(2, append("people", "1|a|~; 2|b|~; 3|c|~"), 2), 2U);
    EXPECT_EQ(sampled(3, upsert("people", "1|a|~; 2|x|~; 3|y|~"), 5), 2U);
    EXPECT_EQ(sampled(4, replace("log", "a|1; c|3"), 5), 2U);
    EXPECT_EQ(sampled(5, append("log", "d|4; d|4; d|4"), 1), 1U);
    EXPECT_EQ(sampled(6, append("log", "d|4"), 0), 0U);
}

TEST_P(WarehouseConformance, ASubmissionIsPublishedOnce) {
    load(1, append("log", "a|1"));
    const std::string before = dump(warehouse());
    EXPECT_EQ(counts(1, append("log", "b|2")), "already-published");
    EXPECT_EQ(counts(1, append("people", "1|ann|~")), "already-published");
    EXPECT_EQ(dump(warehouse()), before);
    const PublishOutcome outcome = publish({{SubmissionId(2), {append("log", "c|3")}, {}},
                                            {SubmissionId(1), {append("log", "d|4")}, {}},
                                            {SubmissionId(2), {append("log", "e|5")}, {}}});
    EXPECT_EQ(to_string(outcome), "version 2\nsubmission 2 published\n"
                                  "  log: inserted 1 updated 0 deleted 0 unchanged 0, held 0 skipped 0\n"
                                  "submission 1 rejected already-published\nsubmission 2 rejected already-published\n");
    EXPECT_EQ(rows("log"), (Lines{"a|1", "c|3"}));
}

TEST_P(WarehouseConformance, RemovesTheRowsThatAPartNames) {
    const auto removal = [](std::string_view rows) {
        PartText part = upsert("people", rows);
        part.effect = Effect::remove;
        return part;
    };
    load(1, append("people", "1|ann|~; 2|bob|~; 3|cid|~"));
    EXPECT_EQ(counts(2, removal("2|~|~; 7|~|~; 2|x|~")), "0 0 1 0");
    EXPECT_EQ(rows("people"), (Lines{"1|ann|~", "3|cid|~"}));
    EXPECT_EQ(rows("people", Version(1)), (Lines{"1|ann|~", "2|bob|~", "3|cid|~"}));
    EXPECT_EQ(undo_error(9, {1}), "undo-conflict submission=2 key=people(2)");
    load(3, upsert("people", "3|eve|~"));
    undo(4, {2});
    EXPECT_EQ(stored("people"), (Lines{"1|ann|~|1|1", "2|bob|~|4|1", "3|eve|~|3|3"}));
    EXPECT_EQ(load(5, removal("9|~|~")), Version(5)) << "a version, though nothing goes";
    EXPECT_EQ(rows("people").size(), 3U);
}

} // namespace inlet
