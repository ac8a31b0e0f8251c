// Wrong schemas and dialects, each with the place of its mistake and the words that say what it is.
#include <initializer_list>
#include <string>

#include <gtest/gtest.h>

#include "contract/project_reader.hpp"
#include "contract/testing/expect_mistake.hpp"

namespace inlet {
namespace {

TEST(ParseSchema, SaysWhatIsWrong) {
    const auto expect_schema_mistake = [](const Wrong& wrong) {
        expect_one_mistake(wrong, std::string(wrong.text),
                           [](const std::string& text) { return parse_schema(text, "inlet.yaml"); });
    };
    for (const Wrong& wrong : std::initializer_list<Wrong>{
             {"^[]", "the schema must be a mapping with fields, primaryKey, missingValues or $schema; found a list"},
             {"^primaryKey: x", "the schema lacks `fields`"},
             {"fields: ^[]", "`fields` must be a list with at least one field; found an empty one"},
             {"fields: ^{name: x}", "`fields` must be a list with at least one field; found a mapping"},
             {"{fields: [{name: x}], ^foreignKeys: []}",
              "`foreignKeys` in the schema is not supported by this version of Inlet"},
             {"{fields: [{name: x}], ^uniqueKeys: []}",
              "`uniqueKeys` in the schema is not supported by this version of Inlet"},
             {"{fields: [{name: x}], ^missing_values: []}",
              "unknown key `missing_values` in the schema; expected fields, primaryKey, missingValues or $schema",
              "did you mean `missingValues`?"},
             {"{fields: [{name: x}], missingValues: ^NA}", "`missingValues` must be a list of texts; found `NA`",
              "did you mean [`NA`]?"},
             {"{fields: [{name: x}], missingValues: [^null]}",
              "an item of `missingValues` must be a text; found nothing",
              "quote it if a text is meant: \"\" or \"null\""},
             {"{fields: [{name: x}], missingValues: [a, ^a]}", "`a` stands twice in `missingValues`"},
             {"{fields: [{name: x}], primaryKey: ^y}", "`primaryKey` names `y`, which is not a field"},
             {"{fields: [{name: userId}], primaryKey: [^userID]}", "`primaryKey` names `userID`, which is not a field",
              "did you mean `userId`?"},
             {"{fields: [{name: x}], primaryKey: [x, ^x]}", "`x` stands twice in `primaryKey`"},
             {"{fields: [{name: x}], primaryKey: ^[]}", "`primaryKey` must be a name or a list of names; found a list",
              "leave it out if there is none"},
             {"{fields: [{name: x}], ^primaryKey: }", "`primaryKey` must be a name or a list of names; found nothing",
              "leave it out if there is none"},
             {"{fields: [{name: x, type: array}], primaryKey: ^x}",
              "field `x` is of type array, which cannot be part of a primary key"},
             {"{fields: [{name: x}, {name: ^x}]}", "there are two fields named `x`; the first is in line 1"},
             {"{fields: [{name: Id},\n {name: ^iD}]}",
              "field `iD` has the name of field `Id` (line 1): SQL does not tell upper from lower case"},
         }) {
        expect_schema_mistake(wrong);
    }
}

TEST(ParseSchema, SaysWhatIsWrongWithAField) {
    const auto expect_field_mistake = [](const Wrong& wrong) {
        expect_one_mistake(wrong, "fields:\n  - " + std::string(wrong.text) + "\n",
                           [](const std::string& text) { return parse_schema(text, "inlet.yaml"); });
    };
    constexpr std::string_view kKeys =
        "name, title, description, type, format, constraints, trueValues, falseValues, decimalChar, groupChar, "
        "bareNumber, rdfType or example";
    constexpr std::string_view kTypes = "string, integer, number, boolean, date, datetime, time, object, array or any";
    constexpr std::string_view kOrdered = "integer, number, date, datetime and time fields";
    constexpr std::string_view kLong = "string, array and object fields";
    constexpr std::string_view kDirectives = "%Y %y %m %d %j %b %B %a %A %H %I %p %M %S %f %z %Z %%";
    const auto text = [](auto... parts) {
        std::string whole;
        ((whole += parts), ...);
        return whole;
    };
    struct Case {
        std::string text;
        std::string message;
        std::string suggestion = "";
    };
    for (const Case& one : std::initializer_list<Case>{
             {"^id", text("field 1 must be a mapping with ", kKeys, "; found `id`")},
             {"^{}", "field 1 lacks `name`"},
             {"{name: ^''}", "the name of a field must not be empty"},
             {"{name: ^[x]}", "the name of a field must be a text; found a list"},
             {"{name: ^_x}", "field `_x`: names that begin with `_` are reserved for Inlet"},
             {"{name: ^\"a\\0\"}", "the name of a field cannot hold the character NUL"},
             {"{name: ^" + std::string(256, 'x') + "}", "the name of a field has at most 255 bytes; found 256"},
             {"{name: x, ^tpye: string}", text("unknown key `tpye` in field `x`; expected ", kKeys),
              "did you mean `type`?"},
             {"{name: x, ^required: true}", text("unknown key `required` in field `x`; expected ", kKeys),
              "`required` belongs inside `constraints`"},
             {"{name: x, ^categories: []}", "`categories` in field `x` is not supported by this version of Inlet"},
             {"{name: x, ^missingValues: []}",
              "`missingValues` in field `x` is not supported by this version of Inlet"},
             {"{name: x, title: ^{}}", "`title` must be a text; found a mapping"},
             {"{name: x, type: ^integr}", text("`type` must be ", kTypes, "; found `integr`"),
              "did you mean `integer`?"},
             {"{name: x, type: ^int}", text("`type` must be ", kTypes, "; found `int`"), "did you mean `integer`?"},
             {"{name: x, type: ^Timestamp}", text("`type` must be ", kTypes, "; found `Timestamp`"),
              "did you mean `datetime`?"},
             {"{name: x, type: ^colour}", text("`type` must be ", kTypes, "; found `colour`")},
             {"{name: x, type: ^[integer, string]}", text("`type` must be ", kTypes, "; found a list")},
             {"{name: x, type: ^year}",
              text("type `year` is not supported by this version of Inlet; expected ", kTypes)},
             {"{name: x, type: ^yearmonth}",
              text("type `yearmonth` is not supported by this version of Inlet; expected ", kTypes)},
             {"{name: x, type: ^duration}",
              text("type `duration` is not supported by this version of Inlet; expected ", kTypes)},
             {"{name: x, type: ^geopoint}",
              text("type `geopoint` is not supported by this version of Inlet; expected ", kTypes)},
             {"{name: x, type: ^geojson}",
              text("type `geojson` is not supported by this version of Inlet; expected ", kTypes)},
             {"{name: x, format: ^email}", "format `email` is not supported by this version of Inlet"},
             {"{name: x, format: ^defualt}",
              "`format` of field `x`, which is of type string, must be default; found `defualt`",
              "did you mean `default`?"},
             {"{name: x, type: integer, format: ^'%d'}",
              "`format` of field `x`, which is of type integer, must be default; found `%d`"},
             {"{name: x, type: any, format: ^x}",
              "`format` of field `x`, which is of type any, must be default; found `x`"},
             {"{name: x, type: array, format: ^pyhton}", "`format` must be default or python; found `pyhton`",
              "did you mean `python`?"},
             {"{name: x, type: date, format: ^YYYY-MM-DD}",
              "`format` of field `x` must be default, any or a pattern such as %d/%m/%Y; found `YYYY-MM-DD`"},
             {"{name: x, type: date, format: ^Any}",
              "`format` of field `x` must be default, any or a pattern such as %d/%m/%Y; found `Any`",
              "did you mean `any`?"},
             {"{name: x, type: date, format: ^'%d/%q/%Y'}",
              text("the pattern `%d/%q/%Y` has `%q`, which is not one of ", kDirectives)},
             {"{name: x, type: date, format: ^'%d/%m'}", "the pattern `%d/%m` does not read the year: `%Y` or `%y`"},
             {"{name: x, type: time, format: ^'%M:%S'}", "the pattern `%M:%S` does not read the hour: `%H` or `%I`"},
             {"{name: x, type: datetime, format: ^'%Y %'}",
              "the pattern `%Y %` ends in a lone `%`; write `%%` for the sign itself"},
             {"{name: x, trueValues: ^[y]}", "`trueValues` is for boolean fields; field `x` is of type string"},
             {"{name: x, type: boolean, trueValues: ^y}", "`trueValues` must be a list of texts; found `y`",
              "did you mean [`y`]?"},
             {"{name: x, type: boolean, trueValues: [y], falseValues: ^[n, y]}",
              "`y` stands in both `trueValues` and `falseValues` of field `x`"},
             {"{name: x, type: boolean, trueValues: ^[\"0\"]}",
              "`0` stands in both `trueValues` and `falseValues` of field `x`"},
             {"{name: x, type: integer, decimalChar: ^','}",
              "`decimalChar` is for number fields; field `x` is of type integer"},
             {"{name: x, type: string, groupChar: ^','}",
              "`groupChar` is for number and integer fields; field `x` is of type string"},
             {"{name: x, type: string, bareNumber: ^true}",
              "`bareNumber` is for number and integer fields; field `x` is of type string"},
             {"{name: x, type: number, bareNumber: ^no}", "`bareNumber` must be true or false; found `no`",
              "did you mean `false`?"},
             {"{name: x, type: number, decimalChar: ^'::'}",
              "`decimalChar` must be one character that is no digit, sign or exponent; found \"::\""},
             {"{name: x, type: number, decimalChar: ^e}",
              "`decimalChar` must be one character that is no digit, sign or exponent; found `e`"},
             {"{name: x, type: number, decimalChar: ^''}", "`decimalChar` must not be empty"},
             {"{name: x, type: number, decimalChar: ',', groupChar: ^','}",
              "`groupChar` and `decimalChar` of field `x` are both `,`"},
             {"{name: x, type: number, groupChar: ^.}", "`groupChar` and `decimalChar` of field `x` are both `.`"},
             {"{name: x, constraints: ^[required]}",
              "the constraints of field `x` must be a mapping with required, unique, minimum, maximum, minLength, "
              "maxLength, pattern or enum; found a list"},
             {"{name: x, constraints: {^requierd: true}}",
              "unknown key `requierd` in the constraints of field `x`; expected required, unique, minimum, maximum, "
              "minLength, maxLength, pattern or enum",
              "did you mean `required`?"},
             {"{name: x, constraints: {^jsonSchema: {}}}",
              "`jsonSchema` in the constraints of field `x` is not supported by this version of Inlet"},
             {"{name: x, constraints: {required: ^yes}}", "`required` must be true or false; found `yes`",
              "did you mean `true`?"},
             {"{name: x, constraints: {unique: ^1}}", "`unique` must be true or false; found `1`",
              "did you mean `true`?"},
             {"{name: x, constraints: {minimum: ^1}}",
              text("`minimum` is for ", kOrdered, "; field `x` is of type string")},
             {"{name: x, type: integer, constraints: {minLength: ^1}}",
              text("`minLength` is for ", kLong, "; field `x` is of type integer")},
             {"{name: x, type: date, constraints: {maxLength: ^1}}",
              text("`maxLength` is for ", kLong, "; field `x` is of type date")},
             {"{name: x, type: any, constraints: {maxLength: ^1}}",
              text("`maxLength` is for ", kLong, "; field `x` is of type any")},
             {"{name: x, type: boolean, constraints: {maximum: ^1}}",
              text("`maximum` is for ", kOrdered, "; field `x` is of type boolean")},
             {"{name: x, type: integer, constraints: {pattern: ^x}}",
              "`pattern` is for string fields; field `x` is of type integer"},
             {"{name: x, constraints: {minLength: ^-1}}", "`minLength` must be a whole number, 0 or more; found `-1`"},
             {"{name: x, constraints: {maxLength: ^ten}}",
              "`maxLength` must be a whole number, 0 or more; found `ten`"},
             {"{name: x, constraints: {minLength: 5, maxLength: ^4}}",
              "`maxLength` 4 of field `x` is below its `minLength` 5"},
             {"{name: x, type: integer, constraints: {minimum: ^1.5}}",
              "`minimum` of field `x` must be a whole number of at most 64 bits; found `1.5`"},
             {"{name: x, type: integer, constraints: {maximum: ^9223372036854775808}}",
              "`maximum` of field `x` must be a whole number of at most 64 bits; found `9223372036854775808`"},
             {"{name: x, type: number, constraints: {minimum: ^low}}",
              "`minimum` of field `x` must be a number; found `low`"},
             {"{name: x, type: number, constraints: {minimum: ^.nan}}",
              "`minimum` of field `x` must be a number; found `.nan`"},
             {"{name: x, type: number, constraints: {^minimum: }}",
              "`minimum` of field `x` must be a number; found nothing"},
             {"{name: x, type: number, constraints: {minimum: ^[1]}}",
              "`minimum` of field `x` must be a number; found a list"},
             {"{name: x, type: number, decimalChar: ',', constraints: {minimum: ^'1.5'}}",
              "`minimum` of field `x` must be a number, written with `,`; found \"1.5\""},
             {"{name: x, type: date, constraints: {minimum: ^01/02/2020}}",
              "`minimum` of field `x` must be a date such as 2024-12-31; found `01/02/2020`"},
             {"{name: x, type: date, constraints: {minimum: ^2021-02-29}}",
              "`minimum` of field `x` must be a date such as 2024-12-31; found `2021-02-29`"},
             {"{name: x, type: date, format: '%d/%m/%Y', constraints: {minimum: ^2020-01-01}}",
              "`minimum` of field `x` must be a date written as %d/%m/%Y; found `2020-01-01`"},
             {"{name: x, type: datetime, constraints: {maximum: ^2020-01-01}}",
              "`maximum` of field `x` must be a date and time such as 2024-12-31T23:59:59Z; found `2020-01-01`"},
             {"{name: x, type: datetime, format: '%Y %H', constraints: {maximum: ^x}}",
              "`maximum` of field `x` must be a date and time written as %Y %H; found `x`"},
             {"{name: x, type: time, constraints: {maximum: ^'25:00:00'}}",
              "`maximum` of field `x` must be a time such as 23:59:59; found \"25:00:00\""},
             {"{name: x, type: time, format: '%H', constraints: {maximum: ^x}}",
              "`maximum` of field `x` must be a time written as %H; found `x`"},
             {"{name: x, type: integer, constraints: {minimum: 10, maximum: ^9}}",
              "`maximum` 9 of field `x` is below its `minimum` 10"},
             {"{name: x, type: number, constraints: {minimum: 0.5, maximum: ^1e-1}}",
              "`maximum` 0.1 of field `x` is below its `minimum` 0.5"},
             {"{name: x, type: date, format: '%d/%m/%Y', constraints: {minimum: 01/02/2020, maximum: ^02/01/2020}}",
              "`maximum` 02/01/2020 of field `x` is below its `minimum` 01/02/2020"},
             {"{name: x, type: datetime, constraints: {minimum: '2020-01-01T00:00:00Z', maximum: "
              "^'2020-01-01T00:30:00+01:00'}}",
              "`maximum` 2020-01-01T00:30:00+01:00 of field `x` is below its `minimum` 2020-01-01T00:00:00Z"},
             {"{name: x, constraints: {pattern: ^'('}}",
              "the pattern of field `x` is not a regular expression (RE2): missing ): ("},
             {"{name: x, constraints: {pattern: ^'(?=a)b'}}",
              "the pattern of field `x` is not a regular expression (RE2): invalid perl operator: (?="},
             {"{name: x, constraints: {pattern: ^''}}", "`pattern` must not be empty"},
             {"{name: x, constraints: {enum: ^a}}",
              "`enum` of field `x` must be a list with at least one value; found `a`"},
             {"{name: x, constraints: {enum: ^[]}}",
              "`enum` of field `x` must be a list with at least one value; found an empty one"},
             {"{name: x, constraints: {enum: [a, b, ^a]}}", "`a` stands twice in `enum` of field `x`"},
             {"{name: x, constraints: {enum: [a, ^null]}}",
              "an item of `enum` of field `x` must be a text; found nothing",
              "a field that is not required may be empty whatever its `enum` says"},
             {"{name: x, type: integer, constraints: {enum: [1, ^two]}}",
              "an item of `enum` of field `x` must be a whole number of at most 64 bits; found `two`"},
             {"{name: x, type: number, constraints: {enum: [1.5, ^a]}}",
              "an item of `enum` of field `x` must be a number; found `a`"},
             {"{name: x, type: boolean, constraints: {enum: [true, ^maybe]}}",
              "an item of `enum` of field `x` must be a truth value of the field; found `maybe`"},
             {"{name: x, type: date, constraints: {enum: [2020-01-01, ^2020]}}",
              "an item of `enum` of field `x` must be a date such as 2024-12-31; found `2020`"},
             {"{name: x, type: array, constraints: {enum: [^[1]]}}",
              "an item of `enum` of field `x` must be its JSON as a text; found a list"},
         }) {
        expect_field_mistake({one.text, one.message, one.suggestion});
    }
}

TEST(ParseSchema, AnUnknownTypeCausesNoOtherMistakes) {
    const auto schema = parse_schema(
        "fields: [{name: x, type: intt, format: '%d', trueValues: [a], constraints: {minimum: x, pattern: '('}}]",
        "s.json");
    ASSERT_FALSE(schema);
    EXPECT_EQ(schema.error().size(), 1U) << lines_of(schema.error());
}

TEST(ParseDialect, SaysWhatIsWrong) {
    for (const Wrong& wrong : std::initializer_list<Wrong>{
             {"^;", "the dialect must be a mapping with delimiter, quoteChar, header, doubleQuote, lineTerminator, "
                    "skipInitialSpace, caseSensitiveHeader or "
                    "csvddfVersion; found `;`"},
             {"^delimeter: x",
              "unknown key `delimeter` in the dialect; expected delimiter, quoteChar, header, doubleQuote, "
              "lineTerminator, skipInitialSpace, "
              "caseSensitiveHeader or csvddfVersion",
              "did you mean `delimiter`?"},
             {"^escapeChar: x", "`escapeChar` in the dialect is not supported by this version of Inlet"},
             {"^commentChar: '#'", "`commentChar` in the dialect is not supported by this version of Inlet"},
             {"^nullSequence: NULL",
              "unknown key `nullSequence` in the dialect; expected delimiter, quoteChar, header, doubleQuote, "
              "lineTerminator, skipInitialSpace, "
              "caseSensitiveHeader or csvddfVersion",
              "list the text in the schema's `missingValues`"},
             {"delimiter: ^'::'", "`delimiter` must be one ASCII character; found \"::\""},
             {"delimiter: ^tab", "`delimiter` must be one ASCII character; found `tab`", "did you mean \"\\t\"?"},
             {"delimiter: ^¦", "`delimiter` must be one ASCII character; found `¦`"},
             {"delimiter: ^\"\\n\"", "`delimiter` must be one ASCII character; found \"\n\""},
             {"delimiter: ^''", "`delimiter` must not be empty"},
             {"{delimiter: ';', quoteChar: ^';'}", "`quoteChar` and `delimiter` are the same character"},
             {"header: ^1", "`header` must be true or false; found `1`", "did you mean `true`?"},
             {"doubleQuote: ^false", "`doubleQuote` is always true in this version of Inlet"},
             {"skipInitialSpace: ^true", "`skipInitialSpace` is always false in this version of Inlet"},
             {"caseSensitiveHeader: ^true", "`caseSensitiveHeader` is always false in this version of Inlet"},
             {"lineTerminator: ^';'", "`lineTerminator` must be \"\\r\\n\" or \"\\n\"; both are always read"},
         }) {
        expect_one_mistake(wrong, std::string(wrong.text),
                           [](const std::string& text) { return parse_dialect(text, "inlet.yaml"); });
    }
}

} // namespace
} // namespace inlet
