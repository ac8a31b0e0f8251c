// The check as a whole: the same answer for any sizes of blocks and chunks and any number of threads; every failing
// cell found; rejects byte for byte.
#include "records/part_check.hpp"

#include <filesystem>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "records/part_rows.hpp"
#include "records/scalars.hpp"

namespace inlet {
namespace {

class Text final : public ByteSource {
public:
    Text(std::string_view text, std::size_t block) : text_(text), block_(block) {}
    Result<std::size_t> read(std::span<char> room) override {
        const std::size_t count = std::min({room.size(), block_, text_.size()});
        std::memcpy(room.data(), text_.data(), count);
        text_.remove_prefix(count);
        return count;
    }

private:
    std::string_view text_;
    std::size_t block_;
};

class TextOrigin final : public ByteOrigin {
public:
    TextOrigin(std::string text, std::size_t block) : text_(std::move(text)), block_(block) {}
    Result<std::unique_ptr<ByteSource>> open() const override { return std::make_unique<Text>(text_, block_); }

private:
    std::string text_;
    std::size_t block_;
};

class Outputs final : public OutputFactory {
public:
    class Sink final : public ByteSink {
    public:
        Status write(std::span<const char> bytes) override {
            text.append(bytes.data(), bytes.size());
            return {};
        }
        std::string text;
    };
    Result<CheckOutputs> begin() override {
        rejects.text.clear();
        errors.text.clear();
        return CheckOutputs{&rejects, &errors};
    }
    Sink rejects;
    Sink errors;
};

Field field(std::string name, FieldType type) {
    Field made;
    made.name = std::move(name);
    made.type = type;
    return made;
}

Schema ratings() {
    Schema schema;
    schema.fields = {field("userId", FieldType::integer), field("movieId", FieldType::integer),
                     field("rating", FieldType::number), field("note", FieldType::string)};
    schema.fields[0].constraints.required = true;
    schema.fields[0].constraints.minimum = "1";
    schema.fields[2].constraints.minimum = "0.5";
    schema.fields[2].constraints.maximum = "5";
    schema.primary_key = {0, 1};
    return schema;
}

struct Setting {
    std::size_t block = SIZE_MAX;
    std::size_t chunk = 256 << 10;
    std::size_t threads = 0;
    std::size_t record_max = 16 << 20;
};

struct Outcome {
    CheckReport report;
    std::string rejects;
    std::string errors;
    std::vector<std::string> rows; // accepted, as text
};

class RecordsTest : public testing::Test {
protected:
    RecordsTest()
        : disk_(make_posix_disk()),
          folder_(temporary_name(std::filesystem::temp_directory_path().string(), "inlet-records")) {}
    ~RecordsTest() override { std::filesystem::remove_all(folder_); }

    Outcome check(const std::string& text, const Schema& schema, Setting setting = {}, CheckOptions options = {},
                  Dialect dialect = {}) {
        ThreadPool pool(setting.threads);
        PartFormat format{schema, dialect, {}};
        format.limits.chunk_bytes = setting.chunk;
        format.limits.record_bytes_max = setting.record_max;
        options.spill_folder = folder_;
        const auto origin = std::make_shared<TextOrigin>(text, setting.block);
        Outputs outputs;
        auto report = check_part(nullptr, *origin, format, options, &outputs, nullptr, pool, *disk_);
        EXPECT_TRUE(report.has_value()) << to_string(report.error());
        Outcome outcome{std::move(*report), outputs.rejects.text, outputs.errors.text, {}};
        if (outcome.report.file_ok) outcome.rows = rows(origin, format, outcome.report);
        return outcome;
    }

    static std::vector<std::string> rows(const std::shared_ptr<const ByteOrigin>& origin, const PartFormat& format,
                                         const CheckReport& report) {
        const auto source = make_part_rows(origin, format, report);
        auto stream = source->open();
        EXPECT_TRUE(stream.has_value());
        std::vector<std::string> result;
        RecordBatch batch;
        for (;;) {
            const auto more = (*stream)->next(batch);
            EXPECT_TRUE(more.has_value());
            if (!*more) break;
            for (std::size_t row = 0; row < batch.rows; ++row) {
                if (batch.rejected.test(row)) continue;
                std::string line;
                for (const Column& column : batch.columns) {
                    if (!line.empty()) line += '|';
                    if (!column.present.test(row)) {
                        line += "NULL";
                    } else if (column.type == PhysicalType::int64) {
                        line += std::to_string(column.values<std::int64_t>()[row]);
                    } else if (column.type == PhysicalType::float64) {
                        line += format_number(column.values<double>()[row]);
                    } else if (column.type == PhysicalType::text) {
                        line += column.values<TextRef>()[row].view();
                    } else {
                        line += "?";
                    }
                }
                result.push_back(line);
            }
        }
        EXPECT_EQ(result.size(), report.accepted);
        return result;
    }

    std::unique_ptr<Disk> disk_;
    std::string folder_;
};

TEST_F(RecordsTest, FindsEveryFailingCell) {
    const Outcome outcome = check("userId,movieId,rating,note\n"
                                  "1,31,2.5,good\n"
                                  "x,y,7.5,bad\n" // three cells
                                  ",32,3,\n"      // required, and part of the key
                                  "2,33,0.1,\"a, \"\"b\"\"\"\n"
                                  "\n"
                                  "3,34\n"
                                  "4,35,1,a,b,c\n"
                                  "1,31,4,again\n" // the key came before
                                  "5,36,\"open\n"
                                  "6,37,4.5,fine\n",
                                  ratings());
    const CheckReport& report = outcome.report;
    EXPECT_EQ(report.rows, 10U);
    EXPECT_EQ(report.accepted, 2U);
    EXPECT_EQ(report.rejected, 8U);
    EXPECT_EQ(outcome.rows, (std::vector<std::string>{"1|31|2.5|good", "6|37|4.5|fine"}));
    std::vector<std::string> messages;
    for (const Violation& violation : report.violations)
        messages.push_back(fmt::format("{} {} {}", violation.row, violation.line, violation.message));
    EXPECT_EQ(messages, (std::vector<std::string>{
                            "2 3 `userId` is `x`; a whole number is expected",
                            "2 3 `movieId` is `y`; a whole number is expected",
                            "2 3 `rating` is 7.5; at most 5 is allowed",
                            "3 4 `userId` is missing; a value is required",
                            "4 5 `rating` is 0.1; at least 0.5 is allowed",
                            "5 6 the record is empty",
                            "6 7 the record ends before `rating` (cell 3)",
                            "6 7 the record ends before `note` (cell 4)",
                            "7 8 cell 5 (`b`) has no column; the record has more cells than the header",
                            "7 8 cell 6 (`c`) has no column; the record has more cells than the header",
                            "8 9 the primary key 1, 31 came before, in row 1",
                            "9 10 the record cannot be split into cells: a quoted cell is not closed, or text follows "
                            "its closing quote",
                        }));
    EXPECT_EQ(report.errors_total, 12U);
    EXPECT_NE(outcome.rejects.find("\n4,constraint-error,rating,"), std::string::npos) << outcome.rejects;
    EXPECT_NE(outcome.rejects.find(",2,33,0.1,\"a, \"\"b\"\"\"\n"), std::string::npos) << outcome.rejects;
    EXPECT_TRUE(outcome.rejects.starts_with(
        "_row,_code,_field,_message,userId,movieId,rating,note\n2,type-error; type-error; constraint-error,"));
    EXPECT_FALSE(report.rejected_keys_readable);
}

TEST_F(RecordsTest, SameAnswerInEverySetting) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 60; ++round) {
        std::string text = "userId,movieId,rating,note\n";
        const std::size_t records = random() % 60;
        for (std::size_t i = 0; i < records; ++i) {
            switch (random() % 14) {
            case 0:
                text += "x,1,1,\n";
                break;
            case 1:
                text += "1,2,9,\"a\nb\"\n";
                break;
            case 2:
                text += "\n";
                break;
            case 3:
                text += "1,\"2,3\n";
                break;
            case 4:
                text += "1,2\n";
                break;
            case 5:
                text += fmt::format("{},{},1,\"\"\"q\"\" {}\"\r\n", 1 + random() % 5, random() % 5, i);
                break;
            case 6:
                text += random() % 2 == 0 ? "1,2,3,caf\xE9\n" : "1,2,3,4,5\n";
                break;
            case 7:
                text += fmt::format("{},{},2,{}\n", 1 + random() % 9, random() % 99, std::string(random() % 300, 'z'));
                break;
            default:
                text += fmt::format("{},{},{},n{}\n", 1 + random() % 50, random() % 50,
                                    0.5 * static_cast<double>(1 + random() % 10), i);
            }
        }
        if (random() % 3 == 0) text += "1,2,3,\"never closed";
        const Outcome whole = check(text, ratings(), {SIZE_MAX, 1 << 20, 0, 1 << 20});
        for (const Setting setting :
             {Setting{1, 64, 0, 1 << 20}, Setting{7, 100, 3, 1 << 20}, Setting{4096, 256, 2, 1 << 20}}) {
            const Outcome other = check(text, ratings(), setting);
            ASSERT_EQ(other.errors, whole.errors) << text;
            ASSERT_EQ(other.rejects, whole.rejects) << text;
            ASSERT_EQ(other.rows, whole.rows) << text;
            ASSERT_EQ(other.report.rows, whole.report.rows);
            ASSERT_EQ(other.report.errors_total, whole.report.errors_total);
        }
    }
}

// As many cells in all as an even file has: the first reader to come by counted only those.
TEST_F(RecordsTest, ShortAndLongRecordsThatEvenOut) {
    const Outcome outcome = check("userId,movieId,rating,note\n1,2,3,a\n2,3,4\n3,4,5,b,c\n4,5,1,d\n", ratings());
    EXPECT_EQ(outcome.rows, (std::vector<std::string>{"1|2|3|a", "4|5|1|d"}));
    EXPECT_EQ(outcome.report.errors_total, 2U);
}

TEST_F(RecordsTest, LabelsAnyOrder) {
    const Outcome outcome = check("note;rating;movieId;userId\nhello;3;2;1\n", ratings());
    EXPECT_EQ(outcome.rows, (std::vector<std::string>{"1|2|3|hello"}));
    EXPECT_EQ(outcome.report.dialect.delimiter, ';');
}

TEST_F(RecordsTest, LabelsInAnyCase) {
    EXPECT_EQ(check("USERID,movieid,Rating,note\n1,2,3,a\n", ratings()).rows, (std::vector<std::string>{"1|2|3|a"}));
    const Outcome twice = check("userId,USERID,movieId,rating,note\n1,9,2,3,a\n", ratings());
    ASSERT_FALSE(twice.report.file_ok);
    EXPECT_EQ(twice.report.violations.at(0).message, "label `USERID` is no field of the contract");
}

TEST_F(RecordsTest, LabelsThatDoNotFit) {
    const Outcome outcome = check("userId,film,rating,rating,\n1,2,3,4,5\nx,2,3,4,5\n", ratings());
    EXPECT_FALSE(outcome.report.file_ok);
    std::vector<std::string> messages;
    for (const Violation& violation : outcome.report.violations) messages.push_back(violation.message);
    EXPECT_EQ(messages, (std::vector<std::string>{"label `film` is no field of the contract",
                                                  "label `rating` stands twice in the header", "label 5 is empty",
                                                  "the header has no label `movieId`", "the header has no label `note`",
                                                  "`userId` is `x`; a whole number is expected"}));
}

TEST_F(RecordsTest, TooManyLabels) {
    std::string text = "userId";
    for (int i = 0; i < 20000; ++i) text += fmt::format(",c{}", i);
    const Outcome outcome = check(text + "\n1,2,3,4\n", ratings());
    EXPECT_FALSE(outcome.report.file_ok);
    ASSERT_FALSE(outcome.report.violations.empty());
    EXPECT_EQ(outcome.report.violations[0].message, "the header has 20001 labels; at most 4096 are allowed");
    EXPECT_LE(outcome.report.errors_total, 10U);
    EXPECT_LE(outcome.report.violations[0].record.size(), 1000U);
}

TEST_F(RecordsTest, NoHeader) {
    const Outcome outcome = check("1,2,3,a\n2,3,4,b\n", ratings());
    EXPECT_EQ(outcome.report.dialect.header, false);
    EXPECT_EQ(outcome.rows.size(), 2U);
    EXPECT_EQ(outcome.report.violations.size(), 0U);
}

TEST_F(RecordsTest, RecordsLongerThanAllowed) {
    std::string text = "userId,movieId,rating,note\n1,2,3,a\n2,2,3," + std::string(5000, 'x') + "\n3,2,3,b\n4,2,3,\"" +
                       std::string(5000, 'y') + "\n5,2,3,c\n";
    const Outcome outcome = check(text, ratings(), {SIZE_MAX, 256, 0, 1024});
    EXPECT_EQ(outcome.report.rows, 5U);
    EXPECT_EQ(outcome.rows, (std::vector<std::string>{"1|2|3|a", "3|2|3|b", "5|2|3|c"}));
    ASSERT_EQ(outcome.report.violations.size(), 2U);
    EXPECT_EQ(outcome.report.violations[0].code, FailureCode::record_too_long);
    EXPECT_EQ(outcome.report.violations[0].row, 2U);
    EXPECT_EQ(outcome.report.violations[0].byte, text.find("2,2,3,x"));
    EXPECT_EQ(outcome.report.violations[1].row, 4U);
    EXPECT_EQ(outcome.report.violations[1].line, 5U);
}

TEST_F(RecordsTest, KeepsFewCountsAll) {
    std::string text = "userId,movieId,rating,note\n";
    for (int i = 0; i < 5000; ++i) text += fmt::format("{},1,{},\n", i + 1, i % 2 == 0 ? "9" : "3");
    CheckOptions options;
    options.violations_max = 10;
    options.rejects_max = 20;
    const Outcome outcome = check(text, ratings(), {SIZE_MAX, 1000, 2, 1 << 20}, options);
    EXPECT_EQ(outcome.report.violations.size(), 10U);
    EXPECT_EQ(outcome.report.violations[9].row, 19U);
    EXPECT_EQ(outcome.report.errors_total, 2500U);
    ASSERT_EQ(outcome.report.counts.size(), 1U);
    EXPECT_EQ(outcome.report.counts[0].count, 2500U);
    EXPECT_EQ(std::count(outcome.rejects.begin(), outcome.rejects.end(), '\n'), 21);
    EXPECT_EQ(std::count(outcome.errors.begin(), outcome.errors.end(), '\n'), 20);
}

TEST_F(RecordsTest, BrokenKeys) {
    const auto origin =
        std::make_shared<TextOrigin>("userId,movieId,rating,note\n1,2,3,a\n5,6,99,b\nx,7,3,c\n", SIZE_MAX);
    ThreadPool pool(0);
    const PartFormat format{ratings(), {}, {}};
    CheckOptions options;
    options.spill_folder = folder_;
    const auto report = check_part(nullptr, *origin, format, options, nullptr, nullptr, pool, *disk_);
    ASSERT_TRUE(report.has_value());
    EXPECT_FALSE(report->rejected_keys_readable);
    auto stream = make_part_rows(origin, format, *report, RowsWanted::broken_keys)->open();
    RecordBatch batch;
    ASSERT_TRUE(*(*stream)->next(batch));
    ASSERT_EQ(batch.rows, 3U);
    EXPECT_EQ(batch.rejected_count, 2U);
    EXPECT_FALSE(batch.rejected.test(1));
    EXPECT_EQ(batch.columns[0].values<std::int64_t>()[1], 5);
    EXPECT_FALSE(batch.columns[2].present.test(1));
}

TEST_F(RecordsTest, EmptyFiles) {
    const Outcome nothing = check("", ratings());
    EXPECT_FALSE(nothing.report.file_ok);
    EXPECT_EQ(nothing.report.violations.at(0).code, FailureCode::blank_header);
    const Outcome labels = check("userId,movieId,rating,note\n", ratings());
    EXPECT_TRUE(labels.report.file_ok);
    EXPECT_EQ(labels.report.rows, 0U);
    const Outcome mark = check("\xEF\xBB\xBFuserId,movieId,rating,note\n1,2,3,\n", ratings());
    EXPECT_EQ(mark.rows.size(), 1U);
}

} // namespace
} // namespace inlet
