// The format cases of tests/cases in settings of every kind: whatever the size of the blocks that arrive, of the chunks
// that are parsed and the number of threads, and whichever warehouse holds the rows, what comes of a file is the same.
#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "contract/project_reader.hpp"
#include "pipeline/testing/format_case.hpp"
#include "pipeline/testing/pipeline_rig.hpp"
#include "records/part_check.hpp"
#include "records/part_rows.hpp"

namespace inlet {

namespace {

constexpr std::size_t kBlocks[] = {1, 7, 4096, SIZE_MAX};

std::string block_name(std::size_t bytes) { return bytes == SIZE_MAX ? "whole" : fmt::format("in_{}", bytes); }

std::string test_name(std::string name) {
    std::ranges::replace(name, '-', '_');
    return name;
}

// ---- the checker alone
// ------------------------------------------------------------------------------------------------------------

class TextOrigin final : public ByteOrigin {
public:
    explicit TextOrigin(std::string text) : text_(std::move(text)) {}
    Result<std::unique_ptr<ByteSource>> open() const override { return std::make_unique<TextSource>(text_); }

private:
    const std::string text_;
};

// The list of errors as text.
class ErrorText final : public OutputFactory, public ByteSink {
public:
    Result<CheckOutputs> begin() override {
        text.clear();
        return CheckOutputs{.rejects = nullptr, .errors = this};
    }
    Status write(std::span<const char> bytes) override {
        text.append(bytes.data(), bytes.size());
        return {};
    }
    std::string text;
};

std::vector<TextCells> rows_of(const RowSource& source, const Schema& schema) {
    RowCollector collector;
    std::vector<ResultColumn> columns;
    for (const Field& field : schema.fields) columns.push_back({field.name});
    EXPECT_TRUE(collector.begin(columns));
    std::vector<TextCells> rows;
    auto stream = source.open();
    EXPECT_TRUE(stream) << to_string(stream.error());
    for (RecordBatch batch; stream && *(*stream)->next(batch);) {
        const std::size_t before = collector.rows().size();
        EXPECT_TRUE(collector.batch(batch));
        for (std::size_t record = 0; record < batch.rows; ++record) {
            if (!batch.rejected.test(record)) rows.push_back(collector.rows()[before + record]);
        }
    }
    return rows;
}

class CheckedCase : public testing::TestWithParam<std::string> {
protected:
    CheckedCase()
        : case_(read_format_case(GetParam())), disk_(make_posix_disk()),
          origin_(std::make_shared<TextOrigin>(case_.input)) {
        if (!case_.schema.empty()) format_.schema = parse_schema(case_.schema, GetParam()).value();
        if (!case_.dialect.empty()) format_.dialect = parse_dialect(case_.dialect, GetParam()).value();
    }

    void expect_as_written(std::size_t threads) {
        ThreadPool pool(threads);
        CheckOptions options;
        options.spill_folder = folder_.path();
        ErrorText errors;
        const auto report = check_part(nullptr, *origin_, format_, options, &errors, nullptr, pool, *disk_);
        ASSERT_TRUE(report) << to_string(report.error());
        EXPECT_EQ(dialect_words(report->dialect), case_.expected_dialect);
        EXPECT_EQ(error_members(errors.text, case_.violations), case_.violations);
        EXPECT_EQ(report->errors_total, case_.violations.size());
        EXPECT_EQ(report->file_ok, case_.stored);
        if (!case_.stored) return;
        EXPECT_EQ(report->accepted, case_.rows.size());
        EXPECT_EQ(rows_of(*make_part_rows(origin_, format_, *report), report->schema), case_.rows);
    }

    const FormatCase case_;
    TemporaryFolder folder_;
    std::unique_ptr<Disk> disk_;
    std::shared_ptr<const ByteOrigin> origin_;
    PartFormat format_;
};

TEST_P(CheckedCase, ComesOutAsWritten) {
    for (const std::size_t block : kBlocks) {
        for (const std::size_t chunk : {std::size_t{1}, std::size_t{32}, ReaderLimits().chunk_bytes}) {
            SCOPED_TRACE(fmt::format("blocks {}, chunks of {} bytes", block_name(block), chunk));
            format_.limits.block_bytes_max = block;
            format_.limits.chunk_bytes = chunk;
            expect_as_written(chunk == 32 ? 2 : 0);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Format, CheckedCase, testing::ValuesIn(format_case_names()),
                         [](const auto& each) { return test_name(each.param); });

// ---- the whole way
// ----------------------------------------------------------------------------------------------------------------

using LoadedParameter = std::tuple<std::string, RigCase>;

class LoadedCase : public testing::TestWithParam<LoadedParameter> {
protected:
    LoadedCase() : case_(read_format_case(std::get<0>(GetParam()))) {}

    // A dataset for each size of blocks, as the same bytes for the same dataset would be taken for a repetition.
    std::string project() const {
        std::string datasets;
        for (const std::size_t block : kBlocks) {
            if (!datasets.empty()) datasets += ',';
            datasets +=
                fmt::format(R"("{}": {{"rejects": {{"max_share": "100%", "then": "publish_rest"}}, "schema": {})",
                            block_name(block), case_.schema);
            if (!case_.dialect.empty()) datasets += fmt::format(R"(, "dialect": {})", case_.dialect);
            datasets += "}\n";
        }
        return fmt::format(R"({{"project": "cases", "datasets": {{{}}}}})", datasets);
    }

    // In the order of their text.
    static std::vector<TextCells> stored(PipelineRig& rig, const std::string& dataset) {
        RowCollector collector;
        const Status read = rig.warehouse->read(dataset, std::nullopt, collector);
        EXPECT_TRUE(read) << to_string(read.error());
        std::vector<TextCells> rows = collector.rows();
        for (TextCells& row : rows) row.resize(row.size() - 2); // _version and _submission
        std::ranges::sort(rows);
        return rows;
    }

    const FormatCase case_;
};

TEST_P(LoadedCase, ComesOutAsWritten) {
    PipelineRig rig(project(), std::get<1>(GetParam()).make);
    std::vector<TextCells> rows = case_.rows;
    std::ranges::sort(rows);
    for (const std::size_t block : kBlocks) {
        SCOPED_TRACE("blocks " + block_name(block));
        rig.reader_limits.block_bytes_max = block;
        ASSERT_TRUE(rig.restart());
        const SubmissionRecord loaded = rig.load(block_name(block), case_.input);
        EXPECT_EQ(loaded.state, case_.stored ? SubmissionState::published : SubmissionState::rejected);
        EXPECT_EQ(stored(rig, block_name(block)), rows);
        ASSERT_EQ(loaded.parts.size(), 1U);
        EXPECT_EQ(loaded.parts[0].errors_total, case_.violations.size());
        if (case_.violations.empty()) continue;
        EXPECT_EQ(error_members(rig.errors(loaded.id), case_.violations), case_.violations);
    }
    EXPECT_EQ(rig.left_over(), std::vector<std::string>());
}

INSTANTIATE_TEST_SUITE_P(Format, LoadedCase,
                         testing::Combine(testing::ValuesIn(format_case_names_with_schema()),
                                          testing::ValuesIn(rig_cases())),
                         [](const auto& each) {
                             return test_name(std::get<0>(each.param)) + "_" + std::get<1>(each.param).name;
                         });

TEST(FormatCases, AreFound) { EXPECT_GE(format_case_names().size(), 80U); }

} // namespace
} // namespace inlet
