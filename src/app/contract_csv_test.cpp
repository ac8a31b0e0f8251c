// The file as a whole: dialect, labels, quotes. What single values become is field_writer_test's business.
#include "app/contract_csv.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

class TextSink final : public ByteSink {
public:
    Status write(std::span<const char> bytes) override {
        text.append(bytes.data(), bytes.size());
        return {};
    }
    std::string text;
};

Dataset dataset(Dialect dialect, std::vector<std::string> missing = {""}) {
    Dataset result;
    result.name = "d";
    result.schema.fields = {{.name = "a"}, {.name = "b;c"}};
    result.schema.missing_values = std::move(missing);
    result.dialect = dialect;
    return result;
}

// Rows of two texts; null for no value.
std::string written(const Dataset& about, const std::vector<std::vector<const char*>>& rows, std::size_t columns = 2) {
    TextSink sink;
    const auto writer = make_contract_csv_writer(sink, about);
    std::vector<ResultColumn> names{{"a", ResultKind::text}, {"b;c", ResultKind::text}};
    names.resize(columns);
    EXPECT_TRUE(writer->begin(names));
    RecordBatch batch;
    batch.rows = rows.size();
    batch.columns.resize(columns);
    for (std::size_t i = 0; i < columns; ++i) {
        batch.columns[i].reset(PhysicalType::text, rows.size());
        for (std::size_t row = 0; row < rows.size(); ++row) {
            if (rows[row][i] == nullptr)
                batch.columns[i].present.reset(row);
            else
                batch.columns[i].values<TextRef>()[row] = batch.arena.store(rows[row][i]);
        }
    }
    const Status status = writer->batch(batch);
    if (!status) {
        EXPECT_EQ(status.error().code, FailureCode::value_unwritable);
        return "! " + status.error().message;
    }
    EXPECT_TRUE(writer->end());
    EXPECT_EQ(writer->rows(), rows.size());
    return sink.text;
}

TEST(ContractCsv, IsRfc4180UnlessSaidOtherwise) {
    EXPECT_EQ(written(dataset({}), {{"x", nullptr}, {"1,2", "\"q\""}, {"l\nm", "'"}}),
              "a,b;c\r\nx,\r\n\"1,2\",\"\"\"q\"\"\"\r\n\"l\nm\",'\r\n");
}

TEST(ContractCsv, FollowsTheDialect) {
    EXPECT_EQ(
        written(dataset({.delimiter = ';', .quote_char = '\'', .header = true}), {{"1;2", "it's"}, {"1,2", "\""}}),
        "a;'b;c'\r\n'1;2';'it''s'\r\n1,2;\"\r\n");
    EXPECT_EQ(written(dataset({.delimiter = '\t', .header = false}), {{"1;2", "x"}}), "1;2\tx\r\n");
}

TEST(ContractCsv, ALoneColumnIsNotTakenForSeveral) {
    EXPECT_EQ(written(dataset({}), {{"1;2"}, {"x|y"}, {"z"}}, 1), "a\r\n\"1;2\"\r\n\"x|y\"\r\nz\r\n");
    EXPECT_EQ(written(dataset({.delimiter = ','}), {{"1;2"}}, 1), "a\r\n1;2\r\n");
}

TEST(ContractCsv, RefusesWhatTheReaderWouldNotTake) {
    EXPECT_EQ(written(dataset({.quote_char = '\0'}), {{"\"", "x"}}), "a,b;c\r\n\",x\r\n");
    EXPECT_NE(written(dataset({.quote_char = '\0'}), {{"1,2", "x"}}).find("has no quotes"), std::string::npos);
    EXPECT_NE(written(dataset({}, {"-"}), {{nullptr, ""}}).find("blank-row"), std::string::npos);
}

} // namespace
} // namespace inlet
