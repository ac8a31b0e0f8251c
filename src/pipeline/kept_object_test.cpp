// Kept bytes that changed since: nothing is made of them, whoever asks, until they are as they were.
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
    schema: {fields: [{name: id, type: integer}]}
    rejects: {max_rows: 5, then: hold}
  stock:
    schema: {fields: [{name: id, type: integer}], primaryKey: [id]}
    write: sync
    deletes: {policy: missing, max_rows: 1}
packages:
  drop: {match: data.zip, members: {log.csv: log}}
)";

class KeptObject : public testing::Test {
protected:
    void damage(const std::string& space, const std::string& sha256, std::string_view text) {
        rig.write_file("objects/" + space + "/" + sha256.substr(0, 2) + "/" + sha256.substr(2), text);
    }
    void damage(const SubmissionRecord& record) { damage(record.target, record.raw_sha256, "id\n666\n"); }
    void expect_corrupt(const Error& error, SubmissionId id) {
        EXPECT_EQ(error.code, FailureCode::object_corrupt);
        EXPECT_NE(error.message.find("submission " + std::to_string(id.value)), std::string::npos) << error.message;
    }
    PipelineRig rig{kProject};
};

TEST_F(KeptObject, IsNotGivenOut) {
    const SubmissionRecord record = rig.load("people", "id\n1\nx\n");
    ASSERT_EQ(record.state, State::held);
    damage(record);
    damage("_inlet", record.parts[0].errors_sha256, "{}\n");
    damage("_inlet", record.parts[0].rejects_sha256, "_row\n");
    expect_corrupt(rig.pipeline().open_raw(record.id).error(), record.id);
    expect_corrupt(rig.pipeline().open_errors(record.id, 0).error(), record.id);
    expect_corrupt(rig.pipeline().open_rejects(record.id, 0).error(), record.id);
}

TEST_F(KeptObject, IsNotApprovedAndTheSubmissionStaysHeld) {
    const SubmissionRecord record = rig.load("people", "id\n1\nx\n");
    damage(record);
    expect_corrupt(rig.pipeline().preview(record.id, 10).error(), record.id);
    expect_corrupt(rig.pipeline().approve(record.id, "anna").error(), record.id);
    EXPECT_EQ(rig.record(record.id).state, State::held);
    EXPECT_EQ(rig.rows("people"), Rows{});
    rig.load("people", "id\n1\nx\n"); // the same bytes again put them right
    ASSERT_TRUE(rig.pipeline().approve(record.id, "anna"));
    EXPECT_EQ(rig.rows("people"), Rows{"1"});
}

TEST_F(KeptObject, DoesNotDelete) {
    rig.load("stock", "id\n1\n2\n3\n4\n");
    const SubmissionRecord snapshot = rig.load("stock", "id\n1\n");
    const SubmissionId held = rig.records().back().id;
    damage(snapshot);
    expect_corrupt(rig.pipeline().approve(held, "anna").error(), held);
    EXPECT_EQ(rig.rows("stock"), (Rows{"1", "2", "3", "4"}));
}

TEST_F(KeptObject, IsNotTriedAgain) {
    const SubmissionRecord record = rig.load("log", "id\nx\n");
    ASSERT_EQ(record.state, State::rejected);
    damage(record);
    expect_corrupt(rig.pipeline().retry(record.id, "anna").error(), record.id);
    EXPECT_EQ(rig.record(record.id).state, State::rejected);
    EXPECT_EQ(rig.rows("log"), Rows{});
}

TEST_F(KeptObject, IsNotLoadedAfterACrash) {
    const std::string bytes = make_zip({{"log.csv", "id\n1\n"}});
    TextSource source(bytes);
    const auto received =
        rig.pipeline().receive({.target = "drop", .target_is_package = true, .file_name = "data.zip"}, source);
    ASSERT_TRUE(received);
    damage("drop", rig.record(received->id).raw_sha256, make_zip({{"log.csv", "id\n666\n"}}));
    ASSERT_TRUE(rig.restart());
    const auto run = rig.pipeline().run(received->id);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->state, State::failed);
    EXPECT_EQ(run->reason_code, "object-corrupt");
    EXPECT_EQ(rig.rows("log"), Rows{});
    damage("drop", run->raw_sha256, bytes); // as from a backup
    const auto retried = rig.pipeline().retry(received->id, "anna");
    ASSERT_TRUE(retried);
    EXPECT_EQ(retried->state, State::published);
    EXPECT_EQ(rig.rows("log"), Rows{"1"});
}

} // namespace
} // namespace inlet
