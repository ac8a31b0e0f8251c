// What is kept how long.
#include <algorithm>
#include <future>

#include <gtest/gtest.h>

#include "pipeline/testing/pipeline_rig.hpp"
#include "pipeline/testing/zip_maker.hpp"

namespace inlet {
namespace {

using Rows = std::vector<std::string>;
using State = SubmissionState;

constexpr Timestamp kDay = Timestamp{24 * 3600} * 1'000'000;

constexpr std::string_view kProject = R"(
project: test
datasets:
  ratings:
    schema: {fields: [{name: id, type: integer}, {name: rating, type: number}], primaryKey: [id]}
    write: upsert
    rejects: {max_rows: 1, then: publish_rest}
    retention: {raw: 10d, rejects: 5d, history: 20d}
  forever: {schema: {fields: [{name: id, type: integer}]}}
packages:
  drop: {match: data.zip, members: {ratings.csv: ratings, forever.csv: forever}}
)";

class Retention : public testing::TestWithParam<RigCase> {
protected:
    ~Retention() override { EXPECT_EQ(rig.left_over(), Rows{}); }
    Pipeline::Pruned prune(bool dry_run = false) {
        const auto pruned = rig.pipeline().prune(dry_run);
        EXPECT_TRUE(pruned) << to_string(pruned.error());
        return *pruned;
    }
    PipelineRig rig{kProject, GetParam().make};
};

TEST_P(Retention, LetsGoOfTheBytesOfSmallSubmissions) {
    const auto send = [&](const std::string& dataset) {
        auto checked = rig.pipeline().check_small({.dataset = dataset, .body = R"({"id": 1})", .by = "machine"});
        EXPECT_TRUE(checked);
        std::promise<SubmissionId> kept;
        rig.pipeline().keep_small(
            *std::move(checked), std::nullopt, [](SubmissionId) { return StoredAnswer(); },
            [&](Result<Inbox::Receipt> receipt) { kept.set_value(receipt->id); });
        const SubmissionId id = kept.get_future().get();
        EXPECT_EQ(rig.pipeline().run(id)->state, State::published);
        return id;
    };
    const SubmissionId limited = send("ratings");
    const SubmissionId unlimited = send("forever");
    rig.clock.advance(9 * kDay);
    EXPECT_EQ(prune().raw, 0U);
    EXPECT_EQ(rig.raw(limited), R"({"id": 1})");
    rig.clock.advance(2 * kDay);
    EXPECT_EQ(prune(true).raw, 1U);
    EXPECT_EQ(prune().raw, 1U);
    EXPECT_EQ(rig.pipeline().open_raw(limited).error().code, FailureCode::retention_expired);
    EXPECT_EQ(rig.raw(unlimited), R"({"id": 1})");
    EXPECT_EQ(rig.rows("ratings"), Rows{"1|~"});
}

TEST_P(Retention, LetsGoOfEachThingInItsTime) {
    const SubmissionRecord record = rig.load("ratings", "id,rating\n1,1\n2,x\n");
    EXPECT_EQ(rig.stored().size(), 3U);
    rig.clock.advance(4 * kDay);
    Pipeline::Pruned pruned = prune();
    EXPECT_EQ(pruned.raw + pruned.rejects + pruned.objects, 0U);
    rig.clock.advance(2 * kDay);
    EXPECT_EQ(prune(true).objects, 2U);
    EXPECT_EQ(rig.stored().size(), 3U) << "a dry run only counts";
    pruned = prune();
    EXPECT_EQ(pruned.rejects, 1U);
    EXPECT_EQ(pruned.raw, 0U);
    EXPECT_EQ(pruned.objects, 2U);
    EXPECT_GT(pruned.bytes, 0U);
    EXPECT_EQ(rig.pipeline().open_errors(record.id, 0).error().code, FailureCode::retention_expired);
    EXPECT_EQ(rig.pipeline().open_rejects(record.id, 0).error().code, FailureCode::retention_expired);
    EXPECT_EQ(rig.raw(record.id), "id,rating\n1,1\n2,x\n");
    rig.clock.advance(5 * kDay);
    pruned = prune();
    EXPECT_EQ(pruned.raw, 1U);
    EXPECT_EQ(pruned.objects, 1U);
    EXPECT_EQ(rig.pipeline().open_raw(record.id).error().code, FailureCode::retention_expired);
    EXPECT_TRUE(rig.stored().empty());
    EXPECT_EQ(prune().raw, 0U);
    EXPECT_EQ(rig.rows("ratings"), Rows{"1|1"}) << "the data stays";
}

TEST_P(Retention, AFileThatIsGoneCannotBeRetried) {
    const SubmissionRecord record = rig.load("ratings", "id,rating\nx,1\ny,1\n");
    EXPECT_EQ(record.state, State::rejected);
    rig.clock.advance(11 * kDay);
    prune();
    EXPECT_EQ(rig.pipeline().retry(record.id, "").error().code, FailureCode::retention_expired);
}

TEST_P(Retention, KeepsOfAPackageWhatAnyMemberNeeds) {
    rig.load_package("drop", make_zip({{"ratings.csv", "id,rating\n1,1\n"}, {"forever.csv", "id\n1\n"}}));
    rig.clock.advance(1000 * kDay);
    EXPECT_EQ(prune().raw, 0U);
}

TEST_P(Retention, KeepsBytesThatAnotherSubmissionNeeds) {
    rig.load("ratings", "id,rating\n1,1\n");
    rig.clock.advance(8 * kDay);
    const SubmissionRecord second = rig.load("ratings", "id,rating\n1,1\n", true);
    rig.clock.advance(3 * kDay);
    EXPECT_EQ(prune(true).objects, 0U);
    const Pipeline::Pruned pruned = prune();
    EXPECT_EQ(pruned.raw, 1U);
    EXPECT_EQ(pruned.objects, 0U);
    EXPECT_EQ(rig.raw(second.id), "id,rating\n1,1\n");
}

TEST_P(Retention, KeepsWhatIsNotAtItsEnd) {
    TextSource source("id,rating\n1,1\n");
    const auto received = rig.pipeline().receive({.target = "ratings"}, source);
    rig.clock.advance(100 * kDay);
    EXPECT_EQ(prune().raw, 0U);
    EXPECT_EQ(rig.pipeline().run(received->id)->state, State::published);
}

TEST_P(Retention, PrunesHistoryToWhatCanStillBeAskedFor) {
    rig.load("ratings", "id,rating\n1,1\n");
    rig.clock.advance(kDay);
    rig.load("ratings", "id,rating\n1,2\n");
    rig.clock.advance(15 * kDay);
    rig.load("ratings", "id,rating\n1,3\n");
    EXPECT_EQ(prune().history_rows, 0U);
    rig.clock.advance(10 * kDay); // the second version stood when the time that is kept begins
    EXPECT_EQ(prune(true).history_rows, 1U);
    EXPECT_EQ(rig.rows("ratings", Version(1)), Rows{"1|1"}) << "a dry run only counts";
    EXPECT_EQ(prune().history_rows, 1U);
    EXPECT_EQ(rig.rows("ratings", Version(2)), Rows{"1|2"});
    const auto too_old = rig.warehouse->diff("ratings", Version(1), Version(3), 1, [](const ChangedRow&) {});
    EXPECT_EQ(too_old.error().code, FailureCode::version_pruned);
    EXPECT_EQ(prune().history_rows, 0U);
}

TEST_P(Retention, RemovesObjectsNobodyNeedsOnceTheyAreOld) {
    TextSource source("id,rating\n1,1\n");
    rig.catalog->fail_at(2, FaultCatalog::When::before); // the object is stored, and nobody writes it down
    EXPECT_FALSE(rig.pipeline().receive({.target = "ratings"}, source));
    rig.heal();
    ASSERT_TRUE(rig.restart());
    EXPECT_EQ(rig.stored().size(), 1U);
    for (const bool dry_run : {true, false}) {
        const Pipeline::Pruned pruned = prune(dry_run);
        EXPECT_EQ(pruned.objects, 0U) << "somebody may be about to name it";
        EXPECT_EQ(pruned.young_objects, 1U);
        EXPECT_EQ(pruned.young_bytes, 14U);
    }
    rig.clock.advance(Timestamp{2 * 3600} * 1'000'000);
    const Pipeline::Pruned pruned = prune();
    EXPECT_EQ(pruned.objects, 1U);
    EXPECT_EQ(pruned.young_objects, 0U);
    EXPECT_TRUE(rig.stored().empty());
}

INSTANTIATE_TEST_SUITE_P(Both, Retention, testing::ValuesIn(rig_cases()), rig_case_name);

} // namespace
} // namespace inlet
