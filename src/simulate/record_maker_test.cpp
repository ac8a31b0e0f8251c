// Made-up records against the readers that judge them.
#include "simulate/record_maker.hpp"

#include <set>

#include <gtest/gtest.h>

#include "contract/project_reader.hpp"
#include "records/small_records.hpp"

namespace inlet::simulate {
namespace {

constexpr Run kRun{0x2a};
constexpr Run kBefore{0x29};
constexpr Run kBehind{0x2b};

Schema schema_of(std::string_view text) {
    auto schema = parse_schema(text, "schema");
    EXPECT_TRUE(schema) << text;
    return schema ? *schema : Schema();
}

RecordMaker maker_of(std::string_view text) {
    auto maker = RecordMaker::make("things", schema_of(text), kRun);
    EXPECT_TRUE(maker) << maker.error().message;
    return *std::move(maker);
}

constexpr std::string_view kEverything = R"({"fields":[
    {"name":"name","type":"string","constraints":{"required":true,"maxLength":40}},
    {"name":"count","type":"integer","constraints":{"minimum":3,"maximum":5}},
    {"name":"size","type":"number","constraints":{"minimum":-0.5,"maximum":0.25}},
    {"name":"price","type":"number","decimalChar":","},
    {"name":"ok","type":"boolean","trueValues":["ja"],"falseValues":["nein"]},
    {"name":"day","type":"date","format":"%d.%m.%Y"},
    {"name":"at","type":"datetime","constraints":{"required":true}},
    {"name":"hour","type":"time"},
    {"name":"tags","type":"array","constraints":{"minLength":2}},
    {"name":"more","type":"object","constraints":{"minLength":1}},
    {"name":"kind","type":"string","constraints":{"enum":["a","b"],"required":true}},
    {"name":"code","type":"string","constraints":{"pattern":"[A-Z]{3}"}},
    {"name":"word","type":"string","constraints":{"minLength":2,"maxLength":3}},
    {"name":"serial","type":"integer","constraints":{"unique":true}}],
    "primaryKey":["kind","name"]})";

TEST(RecordMaker, GoodRecordsPassInEitherForm) {
    const RecordMaker maker = maker_of(kEverything);
    const auto reader = SmallReader::make(schema_of(kEverything), Dialect());
    ASSERT_TRUE(reader);
    Chance chance(7);
    std::string json = "[";
    std::string csv;
    maker.append_csv_header(csv);
    for (int number = 0; number < 500; ++number) {
        if (number > 0) json += ',';
        maker.append_json(json, number, chance, false);
        maker.append_csv(csv, number, chance, false);
    }
    json += ']';
    for (const auto& [text, form] : {std::pair(json, SmallForm::json), std::pair(csv, SmallForm::csv)}) {
        const auto read = (*reader)->read(text, form, {});
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->batch.rows, 500U);
        EXPECT_EQ(read->accepted(), 500U) << read->violations.front().violation.message;
    }
}

TEST(RecordMaker, MistakesAreSeen) {
    const RecordMaker maker = maker_of(kEverything);
    const auto reader = SmallReader::make(schema_of(kEverything), Dialect());
    ASSERT_TRUE(reader);
    Chance chance(7);
    std::set<FailureCode> codes;
    for (int number = 0; number < 200; ++number) {
        std::string json;
        maker.append_json(json, number, chance, true);
        std::string csv;
        maker.append_csv_header(csv);
        maker.append_csv(csv, number, chance, true);
        for (const auto& [text, form] : {std::pair(json, SmallForm::json), std::pair(csv, SmallForm::csv)}) {
            const auto read = (*reader)->read(text, form, {});
            ASSERT_TRUE(read) << read.error().message;
            EXPECT_EQ(read->accepted(), 0U) << text;
            for (const SmallViolation& one : read->violations) codes.insert(one.violation.code);
        }
    }
    EXPECT_EQ(codes, (std::set{FailureCode::type_error, FailureCode::extra_cell}));
}

TEST(RecordMaker, ARecordKeepsItsKey) {
    const RecordMaker maker = maker_of(R"({"fields":[{"name":"id","type":"string"},{"name":"zone","type":"integer",
        "constraints":{"maximum":9,"minimum":0}},{"name":"value","type":"number"}],"primaryKey":["id","zone"]})");
    Chance chance(7);
    std::string first;
    std::string second;
    maker.append_csv(first, 17, chance, false);
    maker.append_csv(second, 17, chance, false);
    const auto key_of = [](const std::string& line) { return line.substr(0, line.rfind(',')); };
    EXPECT_EQ(key_of(first), key_of(second));
    EXPECT_TRUE(first.starts_with("sim-0000002a-17,"));
}

TEST(RecordMaker, MarksAreKnownAgain) {
    for (const bool integer : {false, true}) {
        const MarkField field{"id", integer};
        for (const std::int64_t number : {std::int64_t{0}, std::int64_t{17}, std::int64_t{4'294'967'295}})
            EXPECT_EQ(number_of_mark(field, kRun, mark_text(field, kRun, number)), number);
        EXPECT_FALSE(number_of_mark(field, kRun, mark_text(field, kBehind, 17)));
        EXPECT_FALSE(number_of_mark(field, kRun, mark_text(field, kBefore, 17)));
        EXPECT_FALSE(number_of_mark(field, kRun, "apple"));
        EXPECT_FALSE(number_of_mark(field, kRun, ""));
    }
}

TEST(RecordMaker, TheMarkIsOfTheKey) {
    EXPECT_EQ(
        maker_of(R"({"fields":[{"name":"text","type":"string"},{"name":"id","type":"integer"}],"primaryKey":"id"})")
            .mark(),
        (MarkField{"id", true}));
    EXPECT_EQ(maker_of(R"({"fields":[{"name":"id","type":"integer"},{"name":"text","type":"string"}]})").mark(),
              (MarkField{"text", false}));
}

TEST(RecordMaker, WhatCannotBeMadeUpIsSaid) {
    for (
        const std::string_view text :
        {R"({"fields":[{"name":"on","type":"date"}]})",
         R"({"fields":[{"name":"n","type":"integer","constraints":{"maximum":1000}}]})",
         R"({"fields":[{"name":"text","type":"string"},{"name":"on","type":"date"}],"primaryKey":"on"})",
         R"({"fields":[{"name":"text","type":"string"},{"name":"code","type":"string","constraints":{"pattern":"[A-Z]+","required":true}}]})",
         R"({"fields":[{"name":"text","type":"string"},{"name":"on","type":"date","constraints":{"unique":true}}]})"}) {
        const auto maker = RecordMaker::make("things", schema_of(text), kRun);
        ASSERT_FALSE(maker) << text;
        EXPECT_EQ(maker.error().code, FailureCode::not_supported);
    }
}

} // namespace
} // namespace inlet::simulate
