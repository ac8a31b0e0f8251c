// Every kind of value in every format.
#include "app/result_writers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

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

class BrokenSink final : public ByteSink {
public:
    Status write(std::span<const char>) override { return fail(FailureCode::disk_full, "full"); }
};

const std::vector<ResultColumn> kColumns{
    {"yes", ResultKind::boolean}, {"whole", ResultKind::int64}, {"real", ResultKind::float64},
    {"day", ResultKind::date},    {"hour", ResultKind::time},   {"moment", ResultKind::timestamp},
    {"word", ResultKind::text},   {"tree", ResultKind::json},   {"exact", ResultKind::numeric},
};

void set_text(RecordBatch& batch, std::size_t column, std::size_t row, std::string_view text) {
    batch.columns[column].values<TextRef>()[row] = batch.arena.store(text);
}

// Row 0: plain values; row 1: nothing at all; row 2: the awkward ones.
void fill(RecordBatch& batch) {
    batch.rows = 3;
    batch.columns.resize(kColumns.size());
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
        batch.columns[i].reset(physical_type(kColumns[i].kind), 3);
        batch.columns[i].present.reset(1);
    }
    auto& columns = batch.columns;
    columns[0].values<std::uint8_t>()[0] = 1;
    columns[0].values<std::uint8_t>()[2] = 0;
    columns[1].values<std::int64_t>()[0] = 42;
    columns[1].values<std::int64_t>()[2] = std::numeric_limits<std::int64_t>::min();
    columns[2].values<double>()[0] = 0.1;
    columns[2].values<double>()[2] = std::nan("");
    columns[3].values<std::int32_t>()[0] = 18'321; // 2020-02-29
    columns[3].values<std::int32_t>()[2] = -1;
    columns[4].values<std::int64_t>()[0] = 45'000'000'000; // 12:30:00
    columns[4].values<std::int64_t>()[2] = 1;
    columns[5].values<std::int64_t>()[0] = 1'582'979'400'000'000; // 2020-02-29T12:30:00
    columns[5].values<std::int64_t>()[2] = 500'000;
    set_text(batch, 6, 0, "Søren");
    set_text(batch, 6, 2, "a \"quote\",\r\nand more");
    set_text(batch, 7, 0, R"({"a":[1,null]})");
    set_text(batch, 7, 2, "[]");
    set_text(batch, 8, 0, "123456789012345678901234.50");
    set_text(batch, 8, 2, "-0.1");
}

std::string written(std::unique_ptr<ResultWriter> (*make)(ByteSink&)) {
    TextSink sink;
    const auto writer = make(sink);
    RecordBatch batch;
    fill(batch);
    EXPECT_TRUE(writer->begin(kColumns));
    EXPECT_TRUE(writer->batch(batch));
    EXPECT_TRUE(writer->end());
    EXPECT_EQ(writer->rows(), 3U);
    return sink.text;
}

TEST(CsvWriter, FollowsRfc4180) {
    EXPECT_EQ(written(make_csv_writer),
              "yes,whole,real,day,hour,moment,word,tree,exact\r\n"
              "true,42,0.1,2020-02-29,12:30:00,2020-02-29T12:30:00,Søren,\"{\"\"a\"\":[1,null]}\","
              "123456789012345678901234.50\r\n"
              ",,,,,,,,\r\n"
              "false,-9223372036854775808,NaN,1969-12-31,00:00:00.000001,1970-01-01T00:00:00.5,"
              "\"a \"\"quote\"\",\r\nand more\",[],-0.1\r\n");
}

TEST(JsonWriter, WritesAnArrayOfObjects) {
    EXPECT_EQ(
        written(make_json_writer),
        "[\n"
        R"({"yes":true,"whole":42,"real":0.1,"day":"2020-02-29","hour":"12:30:00","moment":"2020-02-29T12:30:00",)"
        R"("word":"Søren","tree":{"a":[1,null]},"exact":123456789012345678901234.50},)"
        "\n"
        R"({"yes":null,"whole":null,"real":null,"day":null,"hour":null,"moment":null,"word":null,"tree":null,"exact":null},)"
        "\n"
        R"({"yes":false,"whole":-9223372036854775808,"real":null,"day":"1969-12-31","hour":"00:00:00.000001",)"
        R"("moment":"1970-01-01T00:00:00.5","word":"a \"quote\",\r\nand more","tree":[],"exact":-0.1})"
        "\n]\n");
}

TEST(NdjsonWriter, WritesTheSameObjectsALineEach) {
    std::string array = written(make_json_writer);
    std::string lines = written(make_ndjson_writer);
    for (std::size_t at = array.find("},\n"); at != std::string::npos; at = array.find("},\n")) array.erase(at + 1, 1);
    EXPECT_EQ("[\n" + lines + "]\n", array);
}

TEST(TableWriter, AlignsNumbersToTheRight) {
    TextSink sink;
    const auto writer = make_table_writer(sink, {}, Paint());
    RecordBatch batch;
    fill(batch);
    ASSERT_TRUE(writer->begin(kColumns));
    ASSERT_TRUE(writer->batch(batch));
    ASSERT_TRUE(writer->end());
    EXPECT_TRUE(
        sink.text.starts_with("yes                   whole  real  day         hour             moment                 "
                              "word                    tree                                  exact\n"))
        << sink.text;
    EXPECT_NE(sink.text.find("\nNULL                   NULL  NULL  NULL"), std::string::npos) << sink.text;
    EXPECT_NE(sink.text.find(R"(a "quote",\r\nand more)"), std::string::npos) << sink.text;
    EXPECT_TRUE(sink.text.ends_with("(3 rows)\n")) << sink.text;
}

TEST(TableWriter, ShowsSoManyRowsAndCountsTheRest) {
    TextSink sink;
    const auto writer = make_table_writer(sink, {.width_max = 40, .rows_max = 2}, Paint());
    RecordBatch batch;
    fill(batch);
    ASSERT_TRUE(writer->begin({{"yes", ResultKind::boolean}}));
    ASSERT_TRUE(writer->batch(batch));
    ASSERT_TRUE(writer->batch(batch));
    ASSERT_TRUE(writer->end());
    EXPECT_EQ(sink.text, "yes\n----\ntrue\nNULL\n(6 rows, the first 2 shown; `--rows 0` shows all)\n");
}

TEST(TableWriter, StreamsBeyondTheRowsThatSetTheWidths) {
    TextSink sink;
    const auto writer = make_table_writer(sink, {}, Paint());
    ASSERT_TRUE(writer->begin({{"n", ResultKind::int64}}));
    RecordBatch batch;
    batch.rows = 1500;
    batch.columns.resize(1);
    batch.columns[0].reset(PhysicalType::int64, batch.rows);
    for (std::size_t i = 0; i < batch.rows; ++i) batch.columns[0].values<std::int64_t>()[i] = i < 1000 ? 7 : 123'456;
    ASSERT_TRUE(writer->batch(batch));
    EXPECT_EQ(std::ranges::count(sink.text, '\n'), 1002) << "the first thousand rows are written by now";
    ASSERT_TRUE(writer->end());
    EXPECT_EQ(std::ranges::count(sink.text, '\n'), 1503);
}

TEST(ResultWriters, AnEmptyResultIsStillWellFormed) {
    for (auto* make : {make_csv_writer, make_json_writer, make_ndjson_writer}) {
        TextSink sink;
        const auto writer = make(sink);
        ASSERT_TRUE(writer->begin({{"a", ResultKind::text}}));
        ASSERT_TRUE(writer->end());
        EXPECT_EQ(sink.text, make == make_csv_writer ? "a\r\n" : make == make_json_writer ? "[]\n" : "");
    }
}

TEST(CsvWriter, ARecordOfOneAbsentValueIsNoEmptyLine) {
    TextSink sink;
    const auto writer = make_csv_writer(sink);
    RecordBatch batch;
    fill(batch);
    ASSERT_TRUE(writer->begin({{"yes", ResultKind::boolean}}));
    ASSERT_TRUE(writer->batch(batch));
    ASSERT_TRUE(writer->end());
    EXPECT_EQ(sink.text, "yes\r\ntrue\r\n\"\"\r\nfalse\r\n");
}

TEST(CsvWriter, AnEmptyTextIsToldFromNoValue) {
    TextSink sink;
    const auto writer = make_csv_writer(sink);
    RecordBatch batch;
    batch.rows = 2;
    batch.columns.resize(2);
    for (auto& column : batch.columns) column.reset(PhysicalType::text, 2);
    set_text(batch, 0, 0, "");
    set_text(batch, 1, 0, "x");
    batch.columns[0].present.reset(1);
    set_text(batch, 1, 1, "y");
    ASSERT_TRUE(writer->begin({{"a", ResultKind::text}, {"b", ResultKind::text}}));
    ASSERT_TRUE(writer->batch(batch));
    ASSERT_TRUE(writer->end());
    EXPECT_EQ(sink.text, "a,b\r\n\"\",x\r\n,y\r\n");
}

TEST(ResultWriters, WhatCannotBeWrittenIsAnError) {
    BrokenSink sink;
    RecordBatch batch;
    fill(batch);
    EXPECT_FALSE(make_csv_writer(sink)->begin(kColumns));
    const auto lines = make_ndjson_writer(sink);
    ASSERT_TRUE(lines->begin(kColumns));
    const Status status = lines->batch(batch);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, FailureCode::disk_full);
}

} // namespace
} // namespace inlet
