// Deliveries from receipt to their end: write modes, policies, packages, models, repetition.
#include <algorithm>
#include <functional>
#include <utility>

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
  log:
    schema: {fields: [{name: id, type: integer}, {name: note, type: string}]}
  people:
    schema:
      fields: [{name: id, type: integer}, {name: name, type: string, constraints: {required: true}}]
      primaryKey: [id]
    write: append
    rejects: {max_rows: 2, then: publish_rest}
  ratings:
    schema:
      fields: [{name: id, type: integer}, {name: rating, type: number, constraints: {maximum: 5}}]
      primaryKey: [id]
    write: upsert
    rejects: {max_rows: 2, then: publish_rest}
  prices:
    schema: {fields: [{name: id, type: integer}, {name: price, type: number}], primaryKey: [id]}
    write: replace
  careful:
    schema: {fields: [{name: id, type: integer}], primaryKey: [id]}
    rejects: {max_rows: 1, then: hold}
  mails:
    schema:
      fields: [{name: id, type: integer}, {name: mail, type: string, constraints: {unique: true}}]
      primaryKey: [id]
    write: upsert
    rejects: {max_rows: 1, then: publish_rest}
packages:
  drop: {match: data.zip, members: {log.csv: log, people.csv: people}}
  halves: {match: halves.zip, members: {1.csv: people, 2.csv: people}}
)";

class Load : public testing::TestWithParam<RigCase> {
protected:
    ~Load() override { EXPECT_EQ(rig.left_over(), Rows{}); }
    PipelineRig rig{kProject, GetParam().make};
};

TEST_P(Load, PublishesAGoodFile) {
    const SubmissionRecord record = rig.load("log", "id,note\n1,a\n2,\"b\nc\"\n");
    EXPECT_EQ(record.state, State::published);
    EXPECT_EQ(record.version, Version(1));
    EXPECT_EQ(record.raw_bytes, 20U);
    EXPECT_EQ(record.attempts, 1U);
    EXPECT_EQ(record.by, "anna");
    ASSERT_EQ(record.parts.size(), 1U);
    EXPECT_EQ(record.parts[0].name, "log.csv");
    EXPECT_EQ(record.parts[0].rows, 2U);
    EXPECT_EQ(record.parts[0].accepted, 2U);
    EXPECT_EQ(record.parts[0].inserted, 2U);
    EXPECT_EQ(record.parts[0].dialect, R"({"delimiter":",","quoteChar":"\"","header":true})");
    EXPECT_EQ(rig.rows("log"), (Rows{"1|a", "2|b\nc"}));
    EXPECT_EQ(rig.raw(record.id), "id,note\n1,a\n2,\"b\nc\"\n");
    EXPECT_EQ(rig.errors(record.id), "");
    EXPECT_EQ(rig.rejects(record.id), "");
    EXPECT_EQ(rig.stored().size(), 1U) << "nothing is stored of what is not wrong";
}

TEST_P(Load, WritesEveryStepDown) {
    const SubmissionRecord record = rig.load("log", "id,note\n1,a\n");
    std::vector<std::string> types;
    const auto events = rig.catalog->events(record.id);
    ASSERT_TRUE(events);
    for (const CatalogEvent& event : *events) types.push_back(event.type);
    EXPECT_EQ(types, (Rows{"submission.receiving", "submission.received", "submission.checking",
                           "submission.publishing", "submission.published"}));
}

TEST_P(Load, ChecksWhatItReceivesOnce) {
    TextSource source("id,note\n1,a\n", 3);
    const auto received = rig.pipeline().receive({.target = "log", .file_name = "log.csv"}, source);
    ASSERT_TRUE(received);
    const std::uint64_t calls = rig.objects->calls();
    ASSERT_TRUE(rig.pipeline().run(received->id));
    // Publishing reads it twice (the memory warehouse) or once more; a check would open it again.
    const std::uint64_t without_check = rig.objects->calls() - calls;
    TextSource again("id,note\n1,a\n", 3);
    const auto second = rig.pipeline().receive({.target = "log", .file_name = "log.csv", .again = true}, again);
    ASSERT_TRUE(second);
    ASSERT_TRUE(rig.restart());
    const std::uint64_t calls_before = rig.objects->calls();
    ASSERT_TRUE(rig.pipeline().run(second->id));
    EXPECT_GT(rig.objects->calls() - calls_before, without_check) << "after a restart it is checked again";
    EXPECT_EQ(rig.rows("log"), (Rows{"1|a", "1|a"}));
}

TEST_P(Load, RejectsWhatIsBrokenAndSaysWhy) {
    const SubmissionRecord record = rig.load("log", "id,note\n1,a\nx,b\n");
    EXPECT_EQ(record.state, State::rejected);
    EXPECT_EQ(record.reason_code, "too-many-rejects");
    EXPECT_EQ(record.reason, "1 of 2 records of `log.csv` are broken; none is allowed");
    EXPECT_EQ(record.version, Version());
    EXPECT_EQ(record.parts[0].rejected, 1U);
    EXPECT_EQ(record.parts[0].counts, (std::vector<CodeCount>{{"type-error", "id", 1}}));
    EXPECT_NE(rig.errors(record.id).find("\"row\":2"), std::string::npos);
    EXPECT_EQ(rig.rejects(record.id).substr(0, 34), "_row,_code,_field,_message,id,note");
    EXPECT_EQ(rig.rows("log"), Rows{});
}

TEST_P(Load, RejectsWrongLabelsByTheirCode) {
    const SubmissionRecord record = rig.load("ratings", "id,ratin\n1,2\n");
    EXPECT_EQ(record.state, State::rejected);
    EXPECT_EQ(record.reason_code, "extra-label");
    EXPECT_NE(record.reason.find("`ratings.csv`"), std::string::npos);
}

TEST_P(Load, PublishesTheRestWithinTheLimits) {
    const SubmissionRecord record = rig.load("ratings", "id,rating\n1,3\n2,9\n3,4\n3,5\n");
    EXPECT_EQ(record.state, State::published);
    EXPECT_EQ(record.parts[0].accepted, 3U) << "under upsert a repeated key is no fault";
    EXPECT_EQ(record.parts[0].rejected, 1U);
    EXPECT_EQ(record.parts[0].superseded, 1U);
    EXPECT_EQ(rig.rows("ratings"), (Rows{"1|3", "3|5"}));
    EXPECT_NE(rig.rejects(record.id).find("2,9\n"), std::string::npos);
}

TEST_P(Load, CountsWhatChanged) {
    rig.load("ratings", "id,rating\n1,3\n2,4\n");
    const SubmissionRecord record = rig.load("ratings", "id,rating\n1,3\n2,5\n4,1\n");
    EXPECT_EQ(record.parts[0].inserted, 1U);
    EXPECT_EQ(record.parts[0].updated, 1U);
    EXPECT_EQ(record.parts[0].unchanged, 1U);
    EXPECT_EQ(record.parts[0].superseded, 0U);
    const SubmissionRecord replaced = rig.load("prices", "id,price\n1,1\n");
    EXPECT_EQ(replaced.parts[0].inserted, 1U);
    EXPECT_EQ(rig.load("prices", "id,price\n2,1\n").parts[0].deleted, 1U);
    EXPECT_EQ(rig.rows("prices"), Rows{"2|1"});
}

TEST_P(Load, MakesRejectsOfKeysThatTheDatasetHolds) {
    rig.load("people", "id,name\n1,anna\n");
    const SubmissionRecord record = rig.load("people", "id,name\n2,bert\n1,cora\n3,\n");
    EXPECT_EQ(record.state, State::published);
    EXPECT_EQ(record.parts[0].rejected, 2U);
    EXPECT_EQ(record.parts[0].accepted, 1U);
    EXPECT_EQ(record.parts[0].inserted, 1U);
    EXPECT_EQ(record.parts[0].errors_total, 2U);
    EXPECT_EQ(rig.rows("people"), (Rows{"1|anna", "2|bert"}));
    const std::string rejects = rig.rejects(record.id);
    EXPECT_NE(rejects.find("2,primary-key,id,"), std::string::npos) << rejects;
    EXPECT_NE(rejects.find("3,constraint-error,name,"), std::string::npos) << rejects;
}

TEST_P(Load, AppliesThePolicyToThoseToo) {
    rig.load("people", "id,name\n1,anna\n2,bert\n3,cora\n");
    const SubmissionRecord record = rig.load("people", "id,name\n1,x\n2,x\n3,x\n4,dora\n");
    EXPECT_EQ(record.state, State::rejected);
    EXPECT_EQ(record.reason_code, "too-many-rejects");
    EXPECT_EQ(record.parts[0].rejected, 3U);
    EXPECT_EQ(rig.rows("people").size(), 3U);
    EXPECT_EQ(std::ranges::count(rig.rejects(record.id), '\n'), 4);
}

TEST_P(Load, LeavesOutValuesThatAreTakenInAUniqueField) {
    rig.load("mails", "id,mail\n1,a@x\n");
    const SubmissionRecord record = rig.load("mails", "id,mail\n2,a@x\n3,c@x\n");
    EXPECT_EQ(record.state, State::published);
    EXPECT_EQ(record.parts[0].rejected, 1U);
    EXPECT_EQ(rig.rows("mails"), (Rows{"1|a@x", "3|c@x"}));
    EXPECT_NE(rig.rejects(record.id).find("1,unique-error,mail,"), std::string::npos) << rig.rejects(record.id);
}

TEST_P(Load, HoldsRejectsUntilApproved) {
    const SubmissionRecord held = rig.load("careful", "id\n1\nx\n");
    EXPECT_EQ(held.state, State::held);
    EXPECT_EQ(held.reason_code, "too-many-rejects");
    EXPECT_EQ(rig.rows("careful"), Rows{});
    const auto shown = rig.pipeline().preview(held.id, 10);
    ASSERT_TRUE(shown) << to_string(shown.error());
    EXPECT_EQ(shown->outcomes.at(0).counts.inserted, 1U);
    const auto approved = rig.pipeline().approve(held.id, "boss");
    ASSERT_TRUE(approved) << to_string(approved.error());
    EXPECT_EQ(approved->state, State::published);
    EXPECT_EQ(rig.rows("careful"), Rows{"1"});
    EXPECT_EQ(rig.pipeline().approve(held.id, "boss").error().code, FailureCode::not_held);
}

TEST_P(Load, HoldsKeysThatAreTakenAsOtherRejects) {
    rig.load("careful", "id\n1\n");
    const SubmissionRecord held = rig.load("careful", "id\n1\n2\n");
    EXPECT_EQ(held.state, State::held);
    EXPECT_EQ(held.reason_code, "too-many-rejects");
    EXPECT_EQ(held.parts[0].rejected, 1U);
    const auto approved = rig.pipeline().approve(held.id, "boss");
    ASSERT_TRUE(approved) << to_string(approved.error());
    EXPECT_EQ(approved->state, State::published);
    EXPECT_EQ(approved->parts[0].rejected, 1U);
    EXPECT_EQ(rig.rows("careful"), (Rows{"1", "2"}));
}

TEST_P(Load, CancelsWhatIsHeldOrQueued) {
    const SubmissionRecord held = rig.load("careful", "id\n1\nx\n");
    const auto cancelled = rig.pipeline().cancel(held.id, "boss");
    ASSERT_TRUE(cancelled);
    EXPECT_EQ(cancelled->state, State::cancelled);
    EXPECT_EQ(cancelled->reason, "cancelled by boss");
    EXPECT_EQ(rig.pipeline().cancel(held.id, "boss").error().code, FailureCode::wrong_state);
    TextSource source("id,note\n1,a\n");
    const auto received = rig.pipeline().receive({.target = "log"}, source);
    ASSERT_TRUE(rig.pipeline().cancel(received->id, ""));
    EXPECT_EQ(rig.pipeline().run(received->id)->state, State::cancelled);
    EXPECT_EQ(rig.rows("log"), Rows{});
}

TEST_P(Load, RecognisesTheSameBytes) {
    const SubmissionRecord first = rig.load("log", "id,note\n1,a\n");
    TextSource source("id,note\n1,a\n");
    const auto received = rig.pipeline().receive({.target = "log"}, source);
    ASSERT_TRUE(received);
    EXPECT_TRUE(received->duplicate);
    EXPECT_EQ(received->id, first.id);
    EXPECT_EQ(rig.pipeline().run(received->id)->version, first.version);
    EXPECT_EQ(rig.rows("log"), Rows{"1|a"});
    EXPECT_EQ(rig.records().back().state, State::cancelled);
    EXPECT_EQ(rig.records().back().reason_code, "duplicate-delivery");
    EXPECT_EQ(rig.load("log", "id,note\n1,a\n", true).state, State::published);
    EXPECT_EQ(rig.rows("log"), (Rows{"1|a", "1|a"}));
}

TEST_P(Load, TakesTheSameBytesAnewOnceOthersFollowed) {
    for (const std::string dataset : {"ratings", "prices"}) {
        const std::string column = dataset == "ratings" ? "rating" : "price";
        const SubmissionRecord first = rig.load(dataset, "id," + column + "\n1,2\n");
        EXPECT_EQ(rig.load(dataset, "id," + column + "\n1,2\n").id, first.id);
        rig.load(dataset, "id," + column + "\n1,3\n");
        const SubmissionRecord again = rig.load(dataset, "id," + column + "\n1,2\n");
        EXPECT_NE(again.id, first.id);
        EXPECT_EQ(again.state, State::published);
        EXPECT_EQ(rig.rows(dataset), Rows{"1|2"});
    }
}

TEST_P(Load, ContinuesADeliveryThatWasInterrupted) {
    TextSource source("id,note\n1,a\n");
    const auto received = rig.pipeline().receive({.target = "log"}, source);
    ASSERT_TRUE(rig.restart());
    const SubmissionRecord record = rig.load("log", "id,note\n1,a\n");
    EXPECT_EQ(record.id, received->id);
    EXPECT_EQ(record.state, State::published);
    EXPECT_EQ(rig.rows("log"), Rows{"1|a"});
}

TEST_P(Load, TakesARejectedFileAgain) {
    const SubmissionRecord first = rig.load("log", "id,note\nx,a\n");
    EXPECT_EQ(first.state, State::rejected);
    EXPECT_NE(rig.load("log", "id,note\nx,a\n").id, first.id);
}

TEST_P(Load, RunsInTheOrderOfReceipt) {
    TextSource one("id,rating\n1,1\n");
    TextSource two("id,rating\n1,2\n");
    const auto first = rig.pipeline().receive({.target = "ratings"}, one);
    rig.clock.advance(1);
    const auto second = rig.pipeline().receive({.target = "ratings"}, two);
    EXPECT_EQ(rig.pipeline().run(second->id)->version, Version(2));
    EXPECT_EQ(rig.record(first->id).version, Version(1));
    EXPECT_EQ(rig.rows("ratings"), Rows{"1|2"});
}

// Lets another delivery in before its own last byte.
class OvertakenSource final : public ByteSource {
public:
    OvertakenSource(std::string_view text, std::function<void()> meanwhile)
        : text_(text), meanwhile_(std::move(meanwhile)) {}
    Result<std::size_t> read(std::span<char> room) override {
        if (const auto other = std::exchange(meanwhile_, nullptr)) other();
        return text_.read(room);
    }

private:
    TextSource text_;
    std::function<void()> meanwhile_;
};

TEST_P(Load, TheLastByteCountsAsTheReceipt) {
    Result<Received> quick = fail(FailureCode::internal, "not yet");
    OvertakenSource slow("id,rating\n1,1\n", [&] {
        TextSource source("id,rating\n1,2\n");
        quick = rig.pipeline().receive({.target = "ratings"}, source);
    });
    const auto received = rig.pipeline().receive({.target = "ratings"}, slow);
    ASSERT_TRUE(received);
    ASSERT_TRUE(quick);
    EXPECT_LT(received->id, quick->id);
    EXPECT_EQ(rig.pipeline().run(received->id)->version, Version(2));
    EXPECT_EQ(rig.rows("ratings"), Rows{"1|1"});
}

TEST_P(Load, KeepsAsManyRejectsAsItIsToldButCountsAll) {
    rig.change_project(R"(
project: test
datasets:
  some: {schema: {fields: [{name: id, type: integer}], primaryKey: [id]}, rejects: {max_rows: 9, then: publish_rest, keep: 1}}
  none: {schema: {fields: [{name: id, type: integer}]}, rejects: {max_rows: 9, then: publish_rest, keep: 0}}
)");
    const SubmissionRecord none = rig.load("none", "id\n1\nx\ny\n");
    EXPECT_EQ(none.parts[0].rejected, 2U);
    EXPECT_EQ(rig.errors(none.id), "");
    EXPECT_EQ(rig.rejects(none.id), "");
    rig.load("some", "id\n1\n2\n3\n");
    const SubmissionRecord some = rig.load("some", "id\n1\n2\n3\n4\n");
    EXPECT_EQ(some.state, State::published);
    EXPECT_EQ(some.parts[0].rejected, 3U);
    EXPECT_EQ(some.parts[0].accepted, 1U);
    EXPECT_EQ(some.parts[0].errors_total, 3U);
    EXPECT_EQ(some.parts[0].counts, (std::vector<CodeCount>{{"primary-key", "id", 3}}));
    EXPECT_EQ(std::ranges::count(rig.rejects(some.id), '\n'), 2);
}

TEST_P(Load, APackageMayHaveTheNameOfADataset) {
    rig.change_project(R"(
project: test
datasets:
  log: {schema: {fields: [{name: id, type: integer}]}}
packages:
  log: {match: log.zip, members: {log.csv: log}}
)");
    const std::string zip = make_zip({{"log.csv", "id\n1\n"}});
    rig.load_package("log", zip);
    EXPECT_EQ(rig.load("log", zip).state, State::published);
    EXPECT_EQ(rig.rows("log"), (Rows{"1", "1"}));
}

TEST_P(Load, AnIncompleteDeliveryIsNone) {
    TextSource source("id,note\n1,a\n", Error(FailureCode::incomplete_upload, "the line went dead"));
    const auto received = rig.pipeline().receive({.target = "log"}, source);
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error().code, FailureCode::incomplete_upload);
    const SubmissionRecord record = rig.records().back();
    EXPECT_EQ(record.state, State::failed);
    EXPECT_EQ(record.reason_code, "incomplete-upload");
    EXPECT_EQ(rig.pipeline().retry(record.id, "").error().code, FailureCode::interrupted);
    EXPECT_EQ(rig.stored().size(), 0U);
}

TEST_P(Load, RefusesTargetsThatDoNotExist) {
    TextSource source("");
    EXPECT_EQ(rig.pipeline().receive({.target = "none"}, source).error().code, FailureCode::unknown_dataset);
    EXPECT_EQ(rig.pipeline().receive({.target = "log", .target_is_package = true}, source).error().code,
              FailureCode::unknown_package);
    EXPECT_TRUE(rig.records().empty());
}

TEST_P(Load, RejectsWhatIsNotText) {
    const SubmissionRecord record = rig.load("log", "%PDF-1.4 whatever");
    EXPECT_EQ(record.state, State::rejected);
    EXPECT_EQ(record.reason_code, "format-error");
    EXPECT_EQ(rig.raw(record.id), "%PDF-1.4 whatever");
}

TEST_P(Load, PublishesAPackageWhole) {
    const SubmissionRecord record =
        rig.load_package("drop", make_zip({{"log.csv", "id,note\n1,a\n"}, {"people.csv", "id,name\n1,anna\n2,\n"}}));
    EXPECT_EQ(record.state, State::published) << record.reason;
    ASSERT_EQ(record.parts.size(), 2U);
    EXPECT_EQ(record.parts[1].name, "people.csv");
    EXPECT_EQ(record.parts[1].rejected, 1U);
    EXPECT_EQ(rig.rows("log"), Rows{"1|a"});
    EXPECT_EQ(rig.rows("people"), Rows{"1|anna"});
    EXPECT_EQ(rig.warehouse->versions("", 10)->size(), 2U);
    EXPECT_NE(rig.rejects(record.id, 1), "");
}

TEST_P(Load, RejectsAPackageWhole) {
    const SubmissionRecord record =
        rig.load_package("drop", make_zip({{"log.csv", "id,note\nx,a\n"}, {"people.csv", "id,name\n1,anna\n2,\n"}}));
    EXPECT_EQ(record.state, State::rejected);
    EXPECT_EQ(record.reason_code, "part-failed");
    EXPECT_EQ(record.reason, "`log.csv`: 1 of 1 records of `log.csv` are broken; none is allowed (too-many-rejects)");
    EXPECT_NE(rig.errors(record.id, 0), "");
    EXPECT_NE(rig.errors(record.id, 1), "") << "each part's errors are told";
    EXPECT_EQ(rig.rows("people"), Rows{});
}

TEST_P(Load, RejectsAPackageWithADamagedMember) {
    std::string zip =
        make_zip({{"log.csv", "id,note\n1,abcdef\n", "", true}, {"people.csv", "id,name\n1,anna\n", "", true}});
    zip[zip.find("abc")] = 'X';
    const SubmissionRecord record = rig.load_package("drop", zip);
    EXPECT_EQ(record.state, State::rejected);
    EXPECT_NE((record.reason_code + record.reason).find("checksum-mismatch"), std::string::npos) << record.reason;
    EXPECT_EQ(rig.rows("people"), Rows{});
}

TEST_P(Load, RejectsAPackageThatIsRefusedUnread) {
    const SubmissionRecord record = rig.load_package("drop", make_zip({{"log.csv", "id,note\n"}}));
    EXPECT_EQ(record.state, State::rejected);
    EXPECT_EQ(record.reason_code, "missing-member");
    EXPECT_TRUE(record.parts.empty());
}

TEST_P(Load, TellsTheConflictsOfTwoPartsForOneDatasetApart) {
    rig.load("people", "id,name\n1,anna\n4,dora\n");
    const SubmissionRecord record = rig.load_package(
        "halves", make_zip({{"1.csv", "id,name\n2,bert\n1,x\n"}, {"2.csv", "id,name\n3,cora\n5,eve\n4,x\n"}}));
    EXPECT_EQ(record.state, State::published) << record.reason;
    EXPECT_EQ(record.parts[0].rejected, 1U);
    EXPECT_EQ(record.parts[1].rejected, 1U);
    EXPECT_NE(rig.rejects(record.id, 0).find("2,primary-key,id,"), std::string::npos);
    EXPECT_NE(rig.rejects(record.id, 1).find("3,primary-key,id,"), std::string::npos);
    EXPECT_EQ(rig.rows("people"), (Rows{"1|anna", "2|bert", "3|cora", "4|dora", "5|eve"}));
}

TEST_P(Load, AFailureOfTheSystemCanBeRetried) {
    TextSource source("id,note\n1,a\n");
    const auto received = rig.pipeline().receive({.target = "log"}, source);
    rig.warehouse->fail_at(1, FailureCode::disk_full, FaultWarehouse::Moment::before, true);
    auto record = rig.pipeline().run(received->id);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->state, State::failed);
    EXPECT_EQ(record->reason_code, "disk-full");
    rig.heal();
    record = rig.pipeline().retry(received->id, "anna");
    ASSERT_TRUE(record);
    EXPECT_EQ(record->state, State::published);
    EXPECT_EQ(record->attempts, 2U);
    EXPECT_EQ(record->reason_code, "");
    EXPECT_EQ(rig.rows("log"), Rows{"1|a"});
    EXPECT_EQ(rig.pipeline().retry(received->id, "anna").error().code, FailureCode::wrong_state);
}

TEST_P(Load, ARejectedFileCanBeRetriedUnderAnotherContract) {
    const SubmissionRecord rejected = rig.load("log", "id,note\n1,a\nx,b\n");
    std::string yaml(kProject);
    yaml.replace(yaml.find("{name: id, type: integer}, {name: note"), 25, "{name: id, type: string}");
    rig.change_project(yaml);
    const auto record = rig.pipeline().retry(rejected.id, "anna");
    ASSERT_TRUE(record);
    EXPECT_EQ(record->state, State::published) << record->reason;
    EXPECT_EQ(rig.rows("log"), (Rows{"1|a", "x|b"}));
}

TEST_P(Load, TellsHowFarItIs) {
    const SubmissionRecord record = rig.load("log", "id,note\n1,a\n");
    std::vector<State> states;
    for (const Progress& step : rig.progress) {
        EXPECT_EQ(step.submission, record.id);
        states.push_back(step.state);
    }
    EXPECT_EQ(states, (std::vector<State>{State::receiving, State::publishing}));
    EXPECT_EQ(rig.progress.back().rows, 1U);
    EXPECT_EQ(rig.progress.back().bytes_total, 12U);
}

TEST(LoadModels, RefreshesModelsInTheOrderOfTheirDependence) {
    std::vector<std::string> computed;
    PipelineRig rig(
        R"(
project: test
datasets:
  log: {schema: {fields: [{name: id, type: integer}]}}
models:
  late: {sql: SELECT count(*) AS n FROM early}
  early: {sql: SELECT id FROM log}
)",
        in_memory([&](const Model& model, const std::map<std::string, MemoryTable>& tables) -> Result<MemoryTable> {
            computed.push_back(model.name);
            if (model.name == "early") {
                MemoryTable table = tables.at("log");
                table.columns.resize(1);
                for (auto& row : table.rows) row.resize(1);
                return table;
            }
            const auto count = static_cast<std::int64_t>(tables.at("early").rows.size());
            return MemoryTable{{{"n", ResultKind::int64}}, {{memory::Cell(count)}}};
        }));
    EXPECT_EQ(rig.load("log", "id\n1\n2\n").state, State::published);
    EXPECT_EQ(computed, (Rows{"early", "late"}));
    EXPECT_EQ(rig.rows("late"), Rows{"2"});
}

TEST(LoadModels, AModelThatFailsRejectsTheSubmission) {
    PipelineRig rig(R"(
project: test
datasets:
  log: {schema: {fields: [{name: id, type: integer}]}}
models:
  broken: {sql: SELECT id FROM log}
)",
                    in_memory([](const Model&, const std::map<std::string, MemoryTable>&) -> Result<MemoryTable> {
                        return fail(FailureCode::model_failed, "division by zero");
                    }));
    const SubmissionRecord record = rig.load("log", "id\n1\n");
    EXPECT_EQ(record.state, State::rejected);
    EXPECT_EQ(record.reason_code, "model-failed");
    EXPECT_EQ(rig.rows("log"), Rows{});
    EXPECT_EQ(rig.left_over(), Rows{});
}

INSTANTIATE_TEST_SUITE_P(Both, Load, testing::ValuesIn(rig_cases()), rig_case_name);

} // namespace
} // namespace inlet
