// What a load would do, without doing it.
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
  people:
    schema: {fields: [{name: id, type: integer}, {name: name, type: string}], primaryKey: [id]}
    write: append
    rejects: {max_rows: 1, then: publish_rest}
  careful:
    schema: {fields: [{name: id, type: integer}], primaryKey: [id]}
    rejects: {max_rows: 1, then: hold}
  stock:
    schema: {fields: [{name: id, type: integer}], primaryKey: [id]}
    write: replace
    deletes: {policy: missing, max_rows: 1}
packages:
  drop: {match: data.zip, members: {people.csv: people, careful.csv: careful}}
)";

class DryRun : public testing::TestWithParam<RigCase> {
protected:
    ~DryRun() override { EXPECT_EQ(rig.left_over(), Rows{}); }

    Pipeline::DryRun run(const std::string& target, std::string_view text, bool is_package = false) {
        const std::string path = rig.write_file("input", text);
        const std::size_t records = rig.records().size();
        const std::size_t objects = rig.stored().size();
        auto run =
            rig.pipeline().dry_run({.target = target, .target_is_package = is_package, .file_name = "f.csv"}, path, 10);
        EXPECT_EQ(rig.records().size(), records) << "nothing is kept";
        EXPECT_EQ(rig.stored().size(), objects) << "nothing is kept";
        if (!run) {
            ADD_FAILURE() << to_string(run.error());
            return {};
        }
        return std::move(*run);
    }
    PipelineRig rig{kProject, GetParam().make};
};

TEST_P(DryRun, TellsWhatWouldChange) {
    rig.load("people", "id,name\n1,anna\n");
    const Pipeline::DryRun dry = run("people", "id,name\n1,x\n2,bert\n");
    EXPECT_EQ(dry.record.state, State::published);
    EXPECT_EQ(dry.record.id, SubmissionId());
    EXPECT_EQ(dry.record.parts.at(0).inserted, 1U);
    EXPECT_EQ(dry.record.parts.at(0).rejected, 1U);
    EXPECT_EQ(dry.reports.at(0).violations.at(0).row, 1U);
    ASSERT_EQ(dry.outcomes.at(0).sample.size(), 1U);
    EXPECT_EQ(dry.outcomes.at(0).sample[0].after, (std::vector<std::optional<std::string>>{"2", "bert"}));
    EXPECT_FALSE(dry.reason);
    EXPECT_EQ(rig.rows("people"), Rows{"1|anna"});
}

TEST_P(DryRun, TellsWhyItWouldBeRejected) {
    const Pipeline::DryRun dry = run("people", "id,name\nx,anna\ny,bert\n");
    EXPECT_EQ(dry.record.state, State::rejected);
    EXPECT_EQ(dry.reason->code, FailureCode::too_many_rejects);
    EXPECT_EQ(dry.reports.at(0).violations.size(), 2U);
    EXPECT_TRUE(dry.outcomes.empty());
    const Pipeline::DryRun refused = run("people", "\x7f"
                                                   "ELF");
    EXPECT_EQ(refused.reason->code, FailureCode::executable_content);
    EXPECT_TRUE(refused.record.parts.empty());
}

TEST_P(DryRun, ShowsWhatIsHeldAsIfItWereApproved) {
    const Pipeline::DryRun rejects = run("careful", "id\n1\nx\n");
    EXPECT_EQ(rejects.record.state, State::held);
    EXPECT_EQ(rejects.reason->code, FailureCode::too_many_rejects);
    EXPECT_EQ(rejects.outcomes.at(0).counts.inserted, 1U);
    rig.load("stock", "id\n1\n2\n3\n");
    const Pipeline::DryRun deletes = run("stock", "id\n4\n");
    EXPECT_EQ(deletes.record.state, State::held);
    EXPECT_EQ(deletes.reason->code, FailureCode::deletes_over_limit);
    EXPECT_EQ(deletes.record.asked_deletes.at("stock"), 3U);
    EXPECT_EQ(deletes.outcomes.at(0).counts.deleted, 3U);
    EXPECT_EQ(rig.rows("stock").size(), 3U);
}

TEST_P(DryRun, TakesPackages) {
    const Pipeline::DryRun dry =
        run("drop", make_zip({{"people.csv", "id,name\n1,anna\n"}, {"careful.csv", "id\n1\n"}}), true);
    EXPECT_EQ(dry.record.state, State::published) << dry.record.reason;
    ASSERT_EQ(dry.record.parts.size(), 2U);
    EXPECT_EQ(dry.record.parts[0].name, "careful.csv");
    EXPECT_EQ(dry.outcomes.at(1).counts.inserted, 1U);
    EXPECT_EQ(rig.rows("people"), Rows{});
}

TEST_P(DryRun, NeedsAFileAndATarget) {
    EXPECT_EQ(rig.pipeline().dry_run({.target = "people"}, "/does/not/exist", 1).error().code,
              FailureCode::file_not_found);
    EXPECT_EQ(rig.pipeline().dry_run({.target = "none"}, "/does/not/exist", 1).error().code,
              FailureCode::unknown_dataset);
    const SubmissionRecord published = rig.load("people", "id,name\n1,a\n");
    EXPECT_EQ(rig.pipeline().preview(published.id, 1).error().code, FailureCode::not_held);
}

INSTANTIATE_TEST_SUITE_P(Both, DryRun, testing::ValuesIn(rig_cases()), rig_case_name);

} // namespace
} // namespace inlet
