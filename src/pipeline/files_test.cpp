// Datasets of files: what a delivery to one becomes, how it goes again, and how long its bytes are kept.
#include <gtest/gtest.h>

#include "pipeline/file_part.hpp"
#include "pipeline/testing/pipeline_rig.hpp"
#include "pipeline/verify_work.hpp"

namespace inlet {
namespace {

using Rows = std::vector<std::string>;
using State = SubmissionState;

constexpr Timestamp kDay = Timestamp{24 * 3600} * 1'000'000;

constexpr std::string_view kProject = R"(
project: test
datasets:
  data:
    kind: files
    schema: {fields: [{name: region, constraints: {required: true, enum: [EU, US]}}]}
    retention: {history: 20d}
  items: {schema: {fields: [{name: id, type: integer}]}}
)";

class Files : public testing::TestWithParam<RigCase> {
protected:
    ~Files() override { EXPECT_EQ(rig.left_over(), Rows{}); }

    static Delivery delivery(const std::string& path, std::map<std::string, std::string> fields = {{"region", "EU"}}) {
        return {.target = "data", .by = "ann", .file = FileNote{.path = path, .fields = std::move(fields)}};
    }
    SubmissionRecord put(const std::string& path, std::string_view bytes) {
        auto record = rig.try_load(delivery(path), bytes);
        EXPECT_TRUE(record) << to_string(record.error());
        return *record;
    }
    SubmissionRecord remove(const std::string& path) {
        Delivery removal = delivery(path, {});
        removal.file->removed = true;
        const auto received = rig.pipeline().remove_file(removal);
        EXPECT_TRUE(received) << to_string(received.error());
        return *rig.pipeline().run(received->id);
    }
    // path and bytes of each.
    Rows paths(std::optional<Version> as_of = std::nullopt) {
        Rows out;
        for (const std::string& row : rig.rows("data", as_of)) {
            std::vector<std::string> cells;
            std::size_t begin = 0;
            while (begin <= row.size()) {
                const std::size_t end = std::min(row.find('|', begin), row.size());
                cells.push_back(row.substr(begin, end - begin));
                begin = end + 1;
            }
            out.push_back(cells.at(0) + " " + cells.at(3));
        }
        return out;
    }

    PipelineRig rig{kProject, GetParam().make};
};

TEST_P(Files, AreWrittenReplacedRemovedAndBroughtBack) {
    const SubmissionRecord first = put("a/x,\"y\".csv", "abc");
    EXPECT_EQ(first.state, State::published);
    EXPECT_EQ(first.file_name, "a/x,\"y\".csv");
    EXPECT_EQ(rig.raw(first.id), "abc");
    put("b", std::string_view("\x7f"
                              "ELF\0",
                              5));
    const SubmissionRecord second = put("b", "longer");
    EXPECT_EQ(paths(), (Rows{"a/x,\"y\".csv 3", "b 6"}));
    const SubmissionRecord removed = remove("b");
    EXPECT_EQ(removed.state, State::published);
    EXPECT_EQ(removed.parts.at(0).deleted, 1U);
    EXPECT_EQ(paths(), Rows{"a/x,\"y\".csv 3"});
    EXPECT_EQ(paths(second.version), (Rows{"a/x,\"y\".csv 3", "b 6"}));
    EXPECT_EQ(rig.pipeline().open_raw(removed.id).error().code, FailureCode::bad_argument);
    EXPECT_EQ(rig.pipeline().undo({second.id}, false, false, "ann").error().code, FailureCode::undo_conflict);
    EXPECT_TRUE(rig.pipeline().undo({removed.id}, false, false, "ann"));
    EXPECT_EQ(paths(), (Rows{"a/x,\"y\".csv 3", "b 6"}));
    EXPECT_TRUE(rig.pipeline().undo({second.id}, false, false, "ann"));
    EXPECT_EQ(paths(), (Rows{"a/x,\"y\".csv 3", "b 5"}));
    EXPECT_EQ(remove("nothing").parts.at(0).deleted, 0U);
}

TEST_P(Files, OfTheSameBytesAreDifferentFiles) {
    const SubmissionRecord first = put("a", "same");
    const SubmissionRecord second = put("b", "same");
    EXPECT_NE(first.id, second.id);
    EXPECT_EQ(paths(), (Rows{"a 4", "b 4"}));
    EXPECT_EQ(rig.stored().size(), 1U);
}

TEST_P(Files, AreHeldAgainstTheirContract) {
    EXPECT_EQ(rig.try_load(delivery("../a"), "x").error().code, FailureCode::path_invalid);
    EXPECT_EQ(rig.try_load(delivery("a", {{"sha256", "x"}}), "x").error().code, FailureCode::bad_argument);
    EXPECT_EQ(rig.try_load(delivery("a", {{"colour", "x"}}), "x").error().code, FailureCode::bad_argument);
    EXPECT_EQ(rig.records().size(), 0U);
    const auto rejected = rig.try_load(delivery("a", {{"region", "MARS"}}), "x");
    ASSERT_TRUE(rejected);
    EXPECT_EQ(rejected->state, State::rejected);
    EXPECT_EQ(rejected->parts.at(0).counts.at(0).code, "constraint-error");
    EXPECT_EQ(paths(), Rows{});
    EXPECT_EQ(
        rig.pipeline().remove_file({.target = "items", .file = FileNote{.path = "a", .removed = true}}).error().code,
        FailureCode::not_supported);
    EXPECT_EQ(rig.pipeline().check_small({.dataset = "data", .body = "{}"}).error().code, FailureCode::not_supported);
    EXPECT_EQ(rig.pipeline().erase({.dataset = "data", .where = {{"path", "a"}}}, false).error().code,
              FailureCode::not_supported);
}

TEST_P(Files, WaitForARestartAndAreRunAfterIt) {
    TextSource source("abc");
    const auto received = rig.pipeline().receive(delivery("a"), source);
    ASSERT_TRUE(received);
    Delivery removal = delivery("a", {});
    removal.file->removed = true;
    const auto removed = rig.pipeline().remove_file(removal);
    ASSERT_TRUE(removed);
    ASSERT_TRUE(rig.restart());
    EXPECT_EQ(rig.pipeline().run(received->id)->state, State::published);
    EXPECT_EQ(paths(), Rows{"a 3"});
    EXPECT_EQ(rig.pipeline().run(removed->id)->state, State::published);
    EXPECT_EQ(paths(), Rows{});
}

TEST_P(Files, BytesAreKeptWhileARowThatCanBeReadRefersToThem) {
    const auto prune = [&] {
        const auto pruned = rig.pipeline().prune(false);
        EXPECT_TRUE(pruned);
        return rig.stored().size();
    };
    put("a", "first");
    put("a", "second");
    put("b", "removed");
    rig.clock.advance(kDay);
    const SubmissionRecord removal = remove("b");
    rig.clock.advance(18 * kDay);
    EXPECT_EQ(prune(), 3U);
    EXPECT_TRUE(rig.pipeline().undo({removal.id}, false, false, "ann"));
    EXPECT_EQ(paths(), (Rows{"a 6", "b 7"}));
    const SubmissionRecord again = remove("b");
    rig.clock.advance(30 * kDay);
    EXPECT_EQ(prune(), 1U) << "what was replaced and removed is past all reading";
    EXPECT_EQ(paths(), Rows{"a 6"});
    const auto verified = rig.pipeline().verify();
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->findings.size(), 0U);
    EXPECT_EQ(rig.pipeline().undo({again.id}, false, false, "ann").error().code, FailureCode::version_pruned);
}

INSTANTIATE_TEST_SUITE_P(Warehouses, Files, testing::ValuesIn(rig_cases()), rig_case_name);

TEST(MediaType, IsToldByTheEnding) {
    EXPECT_EQ(media_type_of("a.b/c.CSV"), "text/csv");
    EXPECT_EQ(media_type_of("a.csv/c"), "application/octet-stream");
    EXPECT_EQ(media_type_of("x.parquet"), "application/vnd.apache.parquet");
}

} // namespace
} // namespace inlet
