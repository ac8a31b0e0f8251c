#include "records/small_records.hpp"

#include <gtest/gtest.h>

namespace inlet {

namespace {

Field field(std::string name, FieldType type) {
    Field out;
    out.name = std::move(name);
    out.type = type;
    return out;
}

Schema readings() {
    Schema schema;
    schema.fields = {field("id", FieldType::integer),   field("at", FieldType::datetime),
                     field("value", FieldType::number), field("note", FieldType::string),
                     field("ok", FieldType::boolean),   field("more", FieldType::object)};
    schema.fields[2].constraints.maximum = "100";
    schema.fields[3].constraints.required = true;
    schema.primary_key = {0};
    return schema;
}

// Each accepted row as text, "-" for no value; then each violation.
std::string told(const Result<SmallRecords>& read) {
    if (!read) return std::string(failure_info(read.error().code).code) + ": " + read.error().message;
    std::string out;
    const RecordBatch& batch = read->batch;
    for (std::size_t row = 0; row < batch.rows; ++row) {
        if (batch.rejected.test(row)) continue;
        for (std::size_t i = 0; i < batch.columns.size(); ++i) {
            out += i == 0 ? "" : "|";
            out += batch.columns[i].present.test(row) ? value_text(batch.columns[i], row) : "-";
        }
        out += "\n";
    }
    std::uint64_t total = 0;
    for (const auto& [violation, pointer] : read->violations) {
        out += std::string(failure_info(violation.code).code) + " row " + std::to_string(violation.row) + " line " +
               std::to_string(violation.line) + " " + pointer + " [" + violation.value + "]\n";
        ++total;
    }
    EXPECT_EQ(total, read->errors_total) << "counts are complete";
    return out;
}

std::string read(std::string_view body, SmallForm form = SmallForm::json, const Schema& schema = readings(),
                 bool repeated_keys = true) {
    const auto reader = SmallReader::make(schema, {});
    EXPECT_TRUE(reader);
    return told((*reader)->read(body, form, {.repeated_keys = repeated_keys}));
}

TEST(SmallRecords, ReadsAnObject) {
    EXPECT_EQ(read(R"({"id": 7, "at": "2026-11-20T08:00:00Z", "value": 1.5, "note": "a\u00e4\n", "ok": true,
                      "more": {"x": [1]}})"),
              "7|2026-11-20T08:00:00|1.5|a\xC3\xA4\n|true|{\"x\": [1]}\n");
}

TEST(SmallRecords, ReadsAnArrayAndMembersInAnyOrder) {
    EXPECT_EQ(read("\xEF\xBB\xBF [ {\"note\":\"x\",\"id\":1}, {\"id\":2,\"note\":\"y\",\"value\":null} ] "),
              "1|-|-|x|-|-\n2|-|-|y|-|-\n");
    EXPECT_EQ(read("[]"), "");
}

TEST(SmallRecords, ReadsLinesOfJson) {
    EXPECT_EQ(read("{\"id\":1,\"note\":\"x\"}\r\n\n{\"id\":2,\"note\":\"y\"}", SmallForm::ndjson),
              "1|-|-|x|-|-\n2|-|-|y|-|-\n");
}

TEST(SmallRecords, ReadsCsv) {
    EXPECT_EQ(read("note,id,at,value,ok,more\nx,1,,2.5,,\n\"y\",zwei,,,,\n", SmallForm::csv),
              "1|-|2.5|x|-|-\ntype-error row 2 line 3  [zwei]\n");
    EXPECT_EQ(read("note,id\nx,1\n", SmallForm::csv).substr(0, 13), "missing-label");
}

TEST(SmallRecords, TypesOfJsonCount) {
    EXPECT_EQ(
        read(R"([{"id":1,"note":5},{"id":true,"note":"x"},{"id":3,"note":"x","ok":1},{"id":4,"note":"x","more":[]},
                       {"id":5.5,"note":"x"},{"id":"6","note":"x"},{"id":7,"note":{}}])"),
        "6|-|-|x|-|-\n"
        "type-error row 1 line 1 /0/note [5]\ntype-error row 2 line 1 /1/id [true]\n"
        "type-error row 3 line 1 /2/ok [1]\ntype-error row 4 line 1 /3/more [[]]\n"
        "type-error row 5 line 2 /4/id [5.5]\ntype-error row 7 line 2 /6/note [{}]\n");
}

TEST(SmallRecords, ConstraintsKeysAndUnknownMembers) {
    EXPECT_EQ(
        read(
            R"([{"id":1,"note":"x","value":100.5},{"id":2},{"note":"x"},{"id":4,"note":"x","a/b~":1},{"id":5,"note":null},
                       {"id":6,"note":"x","id":6},{"id":1,"note":"x"},{"id":8,"note":"x"},{"id":8,"note":"y"},3])"),
        "1|-|-|x|-|-\n8|-|-|x|-|-\n"
        "constraint-error row 1 line 1 /0/value [100.5]\nconstraint-error row 2 line 1 /1/note []\n"
        "primary-key row 3 line 1 /2/id []\nextra-cell row 4 line 1 /3/a~1b~0 [a/b~]\n"
        "constraint-error row 5 line 1 /4/note []\nextra-cell row 6 line 2 /5/id [id]\n"
        "primary-key row 9 line 2 /8 []\nmalformed-record row 10 line 2 /9 []\n");
    EXPECT_EQ(read("[{\"id\":8,\"note\":\"x\"},{\"id\":8,\"note\":\"y\"}]", SmallForm::json, readings(), false),
              "8|-|-|x|-|-\n8|-|-|y|-|-\n");
}

TEST(SmallRecords, UniqueFieldsCountWhateverTheKeys) {
    Schema schema = readings();
    schema.fields[3].constraints.unique = true;
    EXPECT_EQ(read("[{\"id\":1,\"note\":\"x\"},{\"id\":2,\"note\":\"x\"}]", SmallForm::json, schema, false),
              "1|-|-|x|-|-\nunique-error row 2 line 1 /1/note []\n");
}

TEST(SmallRecords, WhatIsNoJsonIsRefusedWithItsPlace) {
    EXPECT_EQ(read("{\"id\":1,\n\"note\":}"),
              "format-error: the body is no JSON: a value is expected at line 2, column 8");
    EXPECT_EQ(read(""), "format-error: the body is no JSON: a value is expected at line 1, column 1");
    EXPECT_EQ(read("{} {}"), "format-error: the body is no JSON: nothing more is expected at line 1, column 4");
    EXPECT_EQ(read("[{}"), "format-error: the body is no JSON: `,` or `]` is expected at line 1, column 4");
    EXPECT_EQ(read("{\"id\":1,\"note\":\"x\"}\n{\"id\":\n{\"id\":3,\"note\":\"z\"} 4\n[1]", SmallForm::ndjson),
              "1|-|-|x|-|-\nmalformed-record row 2 line 2  []\nmalformed-record row 3 line 3  []\n"
              "malformed-record row 4 line 4  []\n");
}

TEST(SmallRecords, BytesThatAreNoTextAreNamed) {
    EXPECT_EQ(read("{\"id\":1,\"note\":\"\xFF\"}"), "encoding-error row 1 line 1 /note [\xFF]\n");
}

TEST(SmallRecords, TheFieldsNotationIsForTextsOnly) {
    Schema schema = readings();
    schema.fields[2].decimal_char = ",";
    schema.fields[4].true_values = {"ja"};
    schema.fields[4].false_values = {"nein"};
    EXPECT_EQ(read(R"([{"id":1,"note":"x","value":1.5,"ok":true},{"id":2,"note":"x","value":"1,5","ok":"nein"}])",
                   SmallForm::json, schema),
              "1|-|1.5|x|true|-\n2|-|1.5|x|false|-\n");
}

} // namespace

} // namespace inlet
