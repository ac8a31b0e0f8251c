// What a start makes of what it finds, and several threads at once.
#include <atomic>
#include <thread>

#include <fmt/format.h>
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
  log: {schema: {fields: [{name: id, type: integer}]}}
  people:
    schema: {fields: [{name: id, type: integer}], primaryKey: [id]}
    rejects: {max_rows: 5, then: publish_rest}
packages:
  drop: {match: data.zip, members: {log.csv: log}}
)";

class Recover : public testing::Test {
protected:
    ~Recover() override { EXPECT_EQ(rig.left_over(), Rows{}); }

    // A record as a process that died left it.
    SubmissionId leave(SubmissionRecord record) {
        const auto id = rig.catalog->create(std::move(record), {.type = "submission.left"});
        EXPECT_TRUE(id);
        return *id;
    }
    SubmissionId receive(std::string_view text) {
        TextSource source(text);
        const auto received = rig.pipeline().receive({.target = "log", .file_name = "log.csv"}, source);
        EXPECT_TRUE(received);
        return received->id;
    }
    void move(SubmissionId id, State to) {
        SubmissionRecord record = rig.record(id);
        const State from = std::exchange(record.state, to);
        EXPECT_TRUE(rig.catalog->update(record, from, {.type = "submission.left"}));
    }
    PipelineRig rig{kProject};
};

TEST_F(Recover, WhatNeverArrivedFailed) {
    const SubmissionId id = leave({.state = State::receiving, .target = "log"});
    ASSERT_TRUE(rig.restart());
    EXPECT_EQ(rig.record(id).state, State::failed);
    EXPECT_EQ(rig.record(id).reason_code, "interrupted");
    EXPECT_EQ(rig.pipeline().open_raw(id).error().code, FailureCode::interrupted);
}

TEST_F(Recover, WhatWasReceivedWaitsToBeRun) {
    const SubmissionId queued = receive("id\n1\n");
    const SubmissionId checking = receive("id\n2\n");
    const SubmissionId publishing = receive("id\n3\n");
    move(checking, State::checking);
    move(publishing, State::publishing);
    ASSERT_TRUE(rig.restart());
    for (const SubmissionId id : {queued, checking, publishing}) EXPECT_EQ(rig.record(id).state, State::queued);
    ASSERT_TRUE(rig.pipeline().run(publishing));
    EXPECT_EQ(rig.rows("log"), (Rows{"1", "2", "3"}));
}

TEST_F(Recover, WhatIsPublishedIsWrittenDown) {
    const SubmissionRecord record = rig.load("log", "id\n1\n2\n");
    move(record.id, State::publishing);
    ASSERT_TRUE(rig.restart());
    EXPECT_EQ(rig.record(record.id).state, State::published);
    EXPECT_EQ(rig.record(record.id).version, record.version);
    EXPECT_EQ(rig.record(record.id).parts, record.parts);
    EXPECT_EQ(rig.rows("log"), (Rows{"1", "2"}));
}

TEST_F(Recover, ACatalogOlderThanTheWarehouseDoesNotPublishTwice) {
    const SubmissionRecord record = rig.load("log", "id\n1\n");
    move(record.id, State::queued);
    const auto run = rig.pipeline().run(record.id);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->state, State::published);
    EXPECT_EQ(run->version, record.version);
    EXPECT_EQ(rig.rows("log"), Rows{"1"});
}

TEST_F(Recover, ACatalogThatWasLostIsNotWorkedOn) {
    class NoJudge final : public PublishJudge {
        Result<Verdict> conflicts(SubmissionId, const std::string&, FailureCode, const std::vector<std::string>&,
                                  const std::vector<RecordOrder>&) override {
            return Verdict::reject;
        }
    } judge;
    rig.load("log", "id\n1\n");
    PublishRequest request; // as another catalog once asked for
    request.submissions.push_back({SubmissionId(99), {{.dataset = "log"}}, {}});
    ASSERT_TRUE(rig.warehouse->publish(request, judge));
    const Status started = rig.restart();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, FailureCode::catalog_failed);
    EXPECT_NE(started.error().message.find("submission 99"), std::string::npos) << started.error().message;
}

TEST_F(Recover, AWarehouseThatWasLostIsNotWorkedOn) {
    leave({.state = State::published, .target = "log", .received_at = 1, .version = Version(7)});
    const Status started = rig.restart();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, FailureCode::warehouse_failed);
}

TEST_F(Recover, AnUndoThatWasNotCarriedOutIsNotCarriedOutLater) {
    const SubmissionRecord record = rig.load("log", "id\n1\n");
    const SubmissionId queued = leave({.kind = SubmissionKind::undo, .state = State::queued, .undoes = {record.id}});
    const SubmissionId begun = leave({.kind = SubmissionKind::undo, .state = State::publishing, .undoes = {record.id}});
    ASSERT_TRUE(rig.restart());
    EXPECT_EQ(rig.record(queued).state, State::failed);
    EXPECT_EQ(rig.record(begun).reason_code, "interrupted");
    rig.load("log", "id\n2\n");
    EXPECT_EQ(rig.rows("log"), (Rows{"1", "2"}));
    EXPECT_EQ(rig.pipeline().retry(begun, "boss")->state, State::published);
    EXPECT_EQ(rig.rows("log"), Rows{"2"});
}

TEST_F(Recover, AnUndoThatWasCarriedOutIsWrittenDown) {
    const SubmissionRecord record = rig.load("log", "id\n1\n");
    const auto undone = rig.pipeline().undo({record.id}, false, false, "boss");
    ASSERT_TRUE(undone);
    move(record.id, State::published);
    move(undone->record.id, State::publishing);
    ASSERT_TRUE(rig.restart());
    EXPECT_EQ(rig.record(undone->record.id).state, State::published);
    EXPECT_EQ(rig.record(undone->record.id).parts, undone->record.parts);
    EXPECT_EQ(rig.record(record.id).state, State::undone);
}

TEST_F(Recover, WhatIsHeldStaysHeld) {
    const SubmissionId held = leave({.state = State::held, .reason_code = "too-many-rejects", .target = "log"});
    ASSERT_TRUE(rig.restart());
    EXPECT_EQ(rig.record(held).state, State::held);
    EXPECT_EQ(rig.record(held).reason_code, "too-many-rejects");
}

TEST_F(Recover, AFailureInThisProcessIsSettledByTheNextRun) {
    const SubmissionId id = receive("id\n1\n");
    rig.warehouse->fail_at(2, FailureCode::warehouse_failed, FaultWarehouse::Moment::after, true);
    EXPECT_FALSE(rig.pipeline().run(id)) << "nobody can tell what became of it";
    rig.heal();
    EXPECT_EQ(rig.record(id).state, State::publishing);
    const auto run = rig.pipeline().run(id);
    ASSERT_TRUE(run) << to_string(run.error());
    EXPECT_EQ(run->state, State::published);
    EXPECT_EQ(rig.rows("log"), Rows{"1"});
    ASSERT_TRUE(rig.restart());
}

TEST_F(Recover, ATargetThatIsGoneFailsTheSubmission) {
    const SubmissionId id = receive("id\n1\n");
    rig.change_project("project: test\ndatasets:\n  other: {schema: {fields: [{name: id, type: integer}]}}\n");
    const auto run = rig.pipeline().run(id);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->state, State::failed);
    EXPECT_EQ(run->reason_code, "unknown-dataset");
}

TEST_F(Recover, ManyThreadsMayDeliverWhileOthersWork) {
    constexpr int kThreads = 4;
    constexpr int kEach = 12;
    std::atomic<bool> done{false};
    std::thread pruner([&] {
        while (!done) {
            const auto pruned = rig.pipeline().prune(false);
            EXPECT_TRUE(pruned);
        }
    });
    std::vector<std::thread> senders;
    for (int thread = 0; thread < kThreads; ++thread) {
        senders.emplace_back([&, thread] {
            for (int i = 0; i < kEach; ++i) {
                // Every file is sent by two threads; one of them is told that it came before.
                const std::string text = fmt::format("id\n{}\n{}\n", (thread / 2) * kEach + i, 1000);
                const auto loaded = rig.try_load({.target = "people", .file_name = "people.csv"}, text);
                ASSERT_TRUE(loaded) << to_string(loaded.error());
                EXPECT_EQ(loaded->state, State::published) << loaded->reason;
            }
        });
    }
    for (std::thread& sender : senders) sender.join();
    done = true;
    pruner.join();
    EXPECT_EQ(rig.rows("people").size(), static_cast<std::size_t>(kThreads / 2 * kEach + 1));
    std::size_t published = 0;
    std::size_t repeated = 0;
    for (const SubmissionRecord& record : rig.records()) {
        published += record.state == State::published;
        repeated += record.reason_code == "duplicate-delivery";
    }
    EXPECT_EQ(published, static_cast<std::size_t>(kThreads / 2 * kEach));
    EXPECT_EQ(repeated, published);
}

} // namespace
} // namespace inlet
