#include <gtest/gtest.h>

#include "contract/project_reader.hpp"

namespace inlet {
namespace {

Schema schema_of(std::string_view text) {
    auto schema = parse_schema(text, "schema.yaml");
    if (!schema) {
        ADD_FAILURE() << to_error(schema.error()).message;
        return {};
    }
    return *schema;
}

TEST(SchemaJson, IsOneTextForOneMeaning) {
    EXPECT_EQ(
        schema_json(schema_of("fields: [{name: id, type: integer}, {name: note}]\nprimaryKey: id")),
        R"({"fields":[{"name":"id","type":"integer","format":"default","constraints":{"required":true}},)"
        R"({"name":"note","type":"string","format":"default","constraints":{}}],"missingValues":[""],"primaryKey":["id"]})");
    EXPECT_EQ(schema_json(schema_of("fields: [{name: id}]\nmissingValues: []")),
              R"({"fields":[{"name":"id","type":"string","format":"default","constraints":{}}],"missingValues":[]})");
}

TEST(SchemaJson, DoesNotChangeWithWhatDoesNotMatter) {
    const std::string plain = schema_json(
        schema_of("{fields: [{name: id, type: integer, constraints: {minimum: 1, maximum: 9}}], primaryKey: [id]}"));
    EXPECT_EQ(plain,
              schema_json(schema_of("primaryKey: id\n"
                                    "missingValues: ['']\n"
                                    "fields:\n"
                                    "  - constraints: {required: true, unique: false, maximum: '9', minimum: '1'}\n"
                                    "    title: The number\n"
                                    "    description: Of the thing\n"
                                    "    format: default\n"
                                    "    bareNumber: true\n"
                                    "    type: integer\n"
                                    "    name: id\n")));
}

TEST(SchemaJson, ChangesWithWhatMatters) {
    const auto json = [](const std::string& a, const std::string& c, const std::string& more = "") {
        return schema_json(
            schema_of("{fields: [{name: a, " + a + "}, {name: b, type: number}, {name: c, " + c + "}]" + more + "}"));
    };
    const std::string before = json("type: date", "type: boolean");
    EXPECT_EQ(before, json("type: date", "type: boolean"));
    EXPECT_NE(before, json("type: datetime", "type: boolean"));
    EXPECT_NE(before, json("type: date, format: any", "type: boolean"));
    EXPECT_NE(before, json("type: date, constraints: {unique: true}", "type: boolean"));
    EXPECT_NE(before, json("type: date, constraints: {minimum: 2020-01-01}", "type: boolean"));
    EXPECT_NE(before, json("type: date", "type: boolean, trueValues: [ja]"));
    EXPECT_NE(before, json("type: date", "type: boolean", ", primaryKey: a"));
    EXPECT_NE(before, json("type: date", "type: boolean", ", missingValues: [NA]"));
    EXPECT_NE(json("type: number", "type: any"), json("type: number, decimalChar: ','", "type: any"));
    EXPECT_NE(json("type: number", "type: any"), json("type: number, groupChar: ','", "type: any"));
    EXPECT_NE(json("type: number", "type: any"), json("type: number, bareNumber: false", "type: any"));
    EXPECT_NE(schema_json(schema_of("fields: [{name: a}, {name: b}]")),
              schema_json(schema_of("fields: [{name: b}, {name: a}]")));
    EXPECT_NE(schema_json(schema_of("fields: [{name: a}]")), schema_json(schema_of("fields: [{name: A}]")));
}

TEST(SchemaJson, IsATableSchemaThatReadsBackTheSame) {
    const Schema schema = schema_of(R"yaml(
fields:
  - {name: "id \"x\"\u00e9\U0001F600", type: integer, groupChar: "\u202f", bareNumber: false, constraints: {minimum: -5, maximum: 9000000000}}
  - {name: price, type: number, decimalChar: ",", groupChar: ".", constraints: {minimum: 0.5, maximum: "1.000,25", enum: [0.5, "1,5"]}}
  - {name: seen, type: date, format: "%d/%m/%Y", constraints: {minimum: 01/02/2020, maximum: 31/12/2030}}
  - {name: at, type: datetime, format: any, constraints: {minimum: "2020-01-01T00:00:00Z"}}
  - {name: clock, type: time, constraints: {maximum: "23:00:00"}}
  - {name: ok, type: boolean, trueValues: [ja, yes], falseValues: [nein, "no"], constraints: {enum: [true]}}
  - {name: code, type: string, constraints: {pattern: "[A-Z]+\\d{2}", minLength: 3, maxLength: 12, unique: true, enum: [A12, "null"]}}
  - {name: list, type: array, format: python, constraints: {minLength: 1}}
  - {name: map, type: object}
  - {name: rest, type: any}
primaryKey: [seen, "id \"x\"\u00e9\U0001F600"]
missingValues: ["", NA, "~"]
)yaml");
    ASSERT_EQ(schema.fields.size(), 10U);
    const std::string json = schema_json(schema);
    const Schema again = schema_of(json);
    EXPECT_EQ(again, schema) << json;
    EXPECT_EQ(schema_json(again), json);
    EXPECT_EQ(schema.primary_key, (std::vector<std::size_t>{2, 0}));
}

} // namespace
} // namespace inlet
