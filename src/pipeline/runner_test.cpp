// What is queued is worked off without anybody asking for it.
#include "pipeline/runner.hpp"

#include <atomic>

#include <gtest/gtest.h>

#include "pipeline/testing/pipeline_rig.hpp"

namespace inlet {

namespace {

constexpr std::string_view kProject = "{project: p, datasets: {log: {schema: {fields: [{name: n, type: integer}]}}}}";
constexpr std::chrono::seconds kLong{60};

SubmissionId receive(PipelineRig& rig, std::string_view text) {
    TextSource bytes(text);
    const auto received = rig.pipeline().receive({.target = "log", .file_name = "log.csv"}, bytes);
    EXPECT_TRUE(received) << to_string(received.error());
    return received ? received->id : SubmissionId();
}

TEST(Runner, WorksOffWhatWasQueuedBeforeAndSince) {
    PipelineRig rig(kProject);
    const SubmissionId before = receive(rig, "n\n1\n");
    Runner runner(rig.pipeline(), *rig.catalog, [](const Error& error) { ADD_FAILURE() << to_string(error); });
    EXPECT_EQ(runner.wait(before, kLong)->state, SubmissionState::published);
    for (int i = 2; i < 6; ++i) {
        const SubmissionId id = receive(rig, "n\n" + std::to_string(i) + "\n");
        runner.wake();
        EXPECT_EQ(runner.wait(id, kLong)->state, SubmissionState::published);
    }
    EXPECT_EQ(rig.rows("log").size(), 5U);
}

TEST(Runner, WaitingEndsWithTheTimeAndKnowsWhatItWaitsFor) {
    PipelineRig rig(kProject);
    Runner runner(rig.pipeline(), *rig.catalog, [](const Error&) {});
    EXPECT_EQ(runner.wait(SubmissionId(7), kLong).error().code, FailureCode::unknown_submission);
    const SubmissionId id = receive(rig, "n\n1\n"); // and nobody says so
    const auto record = runner.wait(id, std::chrono::milliseconds(0));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->id, id);
}

TEST(Runner, ARunThatFailsIsToldOfAndTriedAgain) {
    PipelineRig rig(kProject);
    const SubmissionId id = receive(rig, "n\n1\n");
    rig.catalog->fail_at(1, FaultCatalog::When::before);
    std::atomic<int> failures = 0;
    Runner runner(rig.pipeline(), *rig.catalog, [&](const Error& error) {
        EXPECT_EQ(error.code, FailureCode::catalog_failed);
        ++failures;
    });
    Result<SubmissionRecord> record = runner.wait(id, kLong);
    while (!record) record = runner.wait(id, kLong); // the fault may have met the waiting
    EXPECT_EQ(record->state, SubmissionState::published);
    EXPECT_LE(failures, 1);
}

} // namespace

} // namespace inlet
