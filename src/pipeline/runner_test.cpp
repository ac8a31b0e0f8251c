// What is queued is worked off without anybody asking for it.
#include "pipeline/runner.hpp"

#include <atomic>

#include <gtest/gtest.h>

#include "pipeline/testing/pipeline_rig.hpp"
#include "scan/scanner.hpp"

namespace inlet {

namespace {

constexpr std::string_view kProject = R"(
project: p
datasets:
  log: {schema: {fields: [{name: n, type: integer}]}}
  other: {schema: {fields: [{name: n, type: integer}]}}
)";
constexpr std::chrono::seconds kLong{60};

SubmissionId receive(PipelineRig& rig, std::string_view text, const std::string& target = "log") {
    TextSource bytes(text);
    const auto received = rig.pipeline().receive({.target = target, .file_name = "log.csv"}, bytes);
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

// Holds up what contains "77" until it is told, and knows "66" for malware.
class HoldingScanner final : public Scanner {
public:
    Result<ScanResult> scan(ByteSource& bytes, const std::function<Status()>& go_on) override {
        std::string text(1000, ' ');
        text.resize(TRY(bytes.read(text)));
        std::unique_lock lock(mutex_);
        if (away_) return fail(FailureCode::scanner_unavailable, "away");
        if (text.contains("66")) return ScanResult{.found = "Sixty-Six", .bytes = text.size()};
        if (!text.contains("77")) return ScanResult{.found = std::nullopt, .bytes = text.size()};
        holding_ = true;
        moved_.notify_all();
        for (;;) {
            lock.unlock();
            TRY(go_on());
            lock.lock();
            if (moved_.wait_for(lock, std::chrono::milliseconds(5), [&] { return open_; })) return ScanResult{};
        }
    }
    Status ask() override {
        const std::scoped_lock lock(mutex_);
        return away_ ? fail(FailureCode::scanner_unavailable, "away") : Status();
    }

    void wait_until_holding() {
        std::unique_lock lock(mutex_);
        moved_.wait(lock, [&] { return holding_; });
    }
    void open() {
        const std::scoped_lock lock(mutex_);
        open_ = true;
        moved_.notify_all();
    }
    void set_away(bool away) {
        const std::scoped_lock lock(mutex_);
        away_ = away;
    }

private:
    std::mutex mutex_;
    std::condition_variable moved_;
    bool holding_ = false; // all behind mutex_
    bool open_ = false;
    bool away_ = false;
};

class ScannedRunner : public testing::Test {
protected:
    ScannedRunner() {
        rig_.scanner = &scanner_;
        EXPECT_TRUE(rig_.restart());
    }
    void begin(RunnerSettings settings = {}) {
        runner_ = std::make_unique<Runner>(rig_.pipeline(), *rig_.catalog, [](const Error&) {}, std::move(settings));
    }
    SubmissionState end_of(SubmissionId id) { return runner_->wait(id, kLong)->state; }

    HoldingScanner scanner_; // outlives the runner
    PipelineRig rig_{kProject};
    std::unique_ptr<Runner> runner_;
};

TEST_F(ScannedRunner, OthersGoOnBesideOneThatTakesLongButNotItsOwnDataset) {
    const SubmissionId slow = receive(rig_, "n\n77\n");
    begin();
    scanner_.wait_until_holding();
    const SubmissionId behind = receive(rig_, "n\n2\n");
    runner_->wake();
    for (int i = 3; i < 8; ++i) {
        const SubmissionId beside = receive(rig_, "n\n" + std::to_string(i) + "\n", "other");
        runner_->wake();
        EXPECT_EQ(end_of(beside), SubmissionState::published);
    }
    EXPECT_EQ(rig_.record(slow).state, SubmissionState::checking);
    EXPECT_EQ(rig_.record(behind).state, SubmissionState::queued);
    EXPECT_FALSE(runner_->at_rest());
    scanner_.open();
    EXPECT_EQ(end_of(behind), SubmissionState::published);
    EXPECT_LT(rig_.record(slow).version, rig_.record(behind).version);
}

TEST_F(ScannedRunner, OneThatIsWorkedOnCanBeCancelled) {
    const SubmissionId id = receive(rig_, "n\n77\n");
    begin();
    scanner_.wait_until_holding();
    EXPECT_EQ(rig_.catalog->jobs().all()->size(), 1U);
    EXPECT_EQ(rig_.pipeline().cancel(id, "anna")->state, SubmissionState::cancelled);
    const SubmissionId next = receive(rig_, "n\n1\n");
    runner_->wake();
    EXPECT_EQ(end_of(next), SubmissionState::published);
    EXPECT_EQ(rig_.record(id).reason, "cancelled by anna");
    EXPECT_EQ(rig_.rows("log"), std::vector<std::string>{"1"});
    EXPECT_EQ(*rig_.catalog->jobs().all(), std::vector<JobRecord>());
}

TEST_F(ScannedRunner, AWorkerThatLostItsLeaseChangesNothingAndTheNextTryDoes) {
    const SubmissionId id = receive(rig_, "n\n77\n");
    begin({.pause_least = std::chrono::milliseconds(1)});
    scanner_.wait_until_holding();
    ASSERT_TRUE(rig_.catalog->jobs().release_all());
    scanner_.open();
    EXPECT_EQ(end_of(id), SubmissionState::published);
    EXPECT_EQ(rig_.rows("log").size(), 1U);
    EXPECT_EQ(rig_.record(id).attempts, 2U);
}

TEST_F(ScannedRunner, WhatCannotBeScannedIsHeldUntilTheScannerIsBack) {
    scanner_.set_away(true);
    const SubmissionId id = receive(rig_, "n\n1\n");
    begin();
    EXPECT_EQ(end_of(id), SubmissionState::held);
    EXPECT_EQ(rig_.record(id).reason_code, "scanner-unavailable");
    EXPECT_EQ(rig_.pipeline().resume_unscanned(), 0U);
    EXPECT_EQ(rig_.pipeline().approve(id, "anna")->state, SubmissionState::held) << "nobody can say that it is clean";
    EXPECT_FALSE(rig_.record(id).rejects_approved);
    scanner_.set_away(false);
    EXPECT_EQ(rig_.pipeline().resume_unscanned(), 1U);
    runner_->wake();
    EXPECT_EQ(end_of(id), SubmissionState::published);
}

TEST_F(ScannedRunner, MalwareIsRejectedAndGivenToNobody) {
    const SubmissionId id = receive(rig_, "n\n66\n");
    begin();
    EXPECT_EQ(end_of(id), SubmissionState::rejected);
    EXPECT_EQ(rig_.record(id).reason_code, "malware-found");
    EXPECT_TRUE(rig_.record(id).reason.contains("Sixty-Six"));
    EXPECT_EQ(rig_.pipeline().open_raw(id).error().code, FailureCode::malware_found);
    EXPECT_FALSE(rig_.record(id).raw_sha256.empty());
    EXPECT_TRUE(rig_.rows("log").empty());
}

TEST(Runner, WhatFailsForAReasonThatMayPassIsTriedAgainUpToALimit) {
    PipelineRig rig(kProject);
    const SubmissionId id = receive(rig, "n\n1\n");
    rig.warehouse->fail_at(1, FailureCode::warehouse_failed, FaultWarehouse::Moment::before);
    Runner runner(rig.pipeline(), *rig.catalog, [](const Error&) {}, {.pause_least = std::chrono::milliseconds(1)});
    EXPECT_EQ(runner.wait(id, kLong)->state, SubmissionState::published);
    EXPECT_EQ(rig.record(id).attempts, 2U);
}

TEST(Runner, WithoutTriesLeftItIsFailedWithTheReason) {
    PipelineRig rig(kProject);
    const SubmissionId id = receive(rig, "n\n1\n");
    rig.warehouse->fail_at(1, FailureCode::warehouse_failed, FaultWarehouse::Moment::before);
    Runner runner(rig.pipeline(), *rig.catalog, [](const Error&) {}, {.retries = 0});
    EXPECT_EQ(runner.wait(id, kLong)->state, SubmissionState::failed);
    EXPECT_EQ(rig.record(id).reason_code, "warehouse-failed");
    EXPECT_EQ(*rig.catalog->jobs().all(), std::vector<JobRecord>());
}

} // namespace

} // namespace inlet
