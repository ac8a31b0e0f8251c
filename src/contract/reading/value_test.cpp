#include "contract/reading/value.hpp"

#include <gtest/gtest.h>

namespace inlet::reading {
namespace {

Field field_of(FieldType type, std::string format = "default") {
    Field field;
    field.type = type;
    field.format = std::move(format);
    return field;
}

std::optional<double> seconds(FieldType type, std::string format, std::string_view text) {
    const auto value = read_value(field_of(type, std::move(format)), text);
    if (!value) return std::nullopt;
    return static_cast<double>(*value) / 1e6;
}

TEST(ReadValue, Integers) {
    const Field field = field_of(FieldType::integer);
    EXPECT_EQ(read_value(field, "0"), 0.0L);
    EXPECT_EQ(read_value(field, "-12"), -12.0L);
    EXPECT_EQ(read_value(field, "+12"), 12.0L);
    EXPECT_EQ(read_value(field, "007"), 7.0L);
    EXPECT_EQ(read_value(field, "9223372036854775807"), static_cast<Value>(INT64_MAX));
    EXPECT_EQ(read_value(field, "-9223372036854775808"), static_cast<Value>(INT64_MIN));
    EXPECT_LT(*read_value(field, "9223372036854775806"), *read_value(field, "9223372036854775807"));
    for (const char* wrong :
         {"", "+", "-", "+-1", "1.0", "1e3", "9223372036854775808", "0x10", " 1", "1 ", "1_000", "one"}) {
        EXPECT_FALSE(read_value(field, wrong)) << wrong;
    }
    Field grouped = field;
    grouped.group_char = ".";
    EXPECT_EQ(read_value(grouped, "1.234.567"), 1234567.0L);
}

TEST(ReadValue, Numbers) {
    const Field field = field_of(FieldType::number);
    EXPECT_EQ(read_value(field, "0.5"), 0.5L);
    EXPECT_EQ(read_value(field, "-1e3"), -1000.0L);
    EXPECT_EQ(read_value(field, "+100000.00"), 100000.0L);
    EXPECT_EQ(read_value(field, "2E-2"), static_cast<Value>(0.02));
    for (const char* wrong : {"", ".", "-", "1,5", "NaN", "INF", "-inf", "1e", "1e999", "1.2.3", "0x1p3", "1 "}) {
        EXPECT_FALSE(read_value(field, wrong)) << wrong;
    }
    Field german = field;
    german.decimal_char = ",";
    german.group_char = ".";
    EXPECT_EQ(read_value(german, "1.234,5"), 1234.5L);
    Field comma = field;
    comma.decimal_char = ",";
    EXPECT_EQ(read_value(comma, "0,5"), 0.5L);
    EXPECT_FALSE(read_value(comma, "0.5"));
    Field french = comma;
    french.group_char = "\u202f";
    EXPECT_EQ(read_value(french, "1\u202f234,5"), 1234.5L);
}

TEST(ReadValue, Booleans) {
    Field field = field_of(FieldType::boolean);
    EXPECT_EQ(read_value(field, "True"), 1.0L);
    EXPECT_EQ(read_value(field, "0"), 0.0L);
    EXPECT_FALSE(read_value(field, "yes"));
    field.true_values = {"yes"};
    EXPECT_EQ(read_value(field, "yes"), 1.0L);
    EXPECT_FALSE(read_value(field, "true"));
}

TEST(ReadValue, DefaultDatesAndTimes) {
    EXPECT_EQ(seconds(FieldType::date, "default", "1970-01-02"), 86400);
    EXPECT_EQ(seconds(FieldType::date, "any", "1970-01-02"), 86400);
    EXPECT_EQ(seconds(FieldType::date, "default", "2000-02-29"), 951782400);
    EXPECT_EQ(seconds(FieldType::datetime, "default", "1970-01-01T00:00:01Z"), 1);
    EXPECT_EQ(seconds(FieldType::datetime, "default", "1970-01-01T00:00:01"), 1);
    EXPECT_EQ(seconds(FieldType::datetime, "default", "1970-01-01T02:00:00.25+01:30"), 1800.25);
    EXPECT_EQ(seconds(FieldType::datetime, "default", "1969-12-31T23:00:00-01:00"), 0);
    EXPECT_EQ(seconds(FieldType::time, "default", "23:59:59.5"), 86399.5);
    EXPECT_EQ(seconds(FieldType::time, "default", "01:00:00Z"), 3600);
    for (const char* wrong : {"", "2021-02-29", "2020-13-01", "2020-1-1", "01/02/2020", "2020-01-01T00:00:00Z",
                              "2020-01-01 ", "0000-01-01"}) {
        EXPECT_FALSE(seconds(FieldType::date, "default", wrong)) << wrong;
    }
    for (const char* wrong : {"2020-01-01", "2020-01-01 00:00:00", "2020-01-01T24:00:00", "2020-01-01T00:00",
                              "2020-01-01T00:00:00.", "2020-01-01T00:00:00+1", "2020-01-01T00:00:00+0100"}) {
        EXPECT_FALSE(seconds(FieldType::datetime, "default", wrong)) << wrong;
    }
    for (const char* wrong : {"1:00:00", "01:00", "01:00:00+01:00", "25:00:00", "01:60:00"}) {
        EXPECT_FALSE(seconds(FieldType::time, "default", wrong)) << wrong;
    }
}

TEST(ReadValue, Patterns) {
    EXPECT_EQ(seconds(FieldType::date, "%d/%m/%Y", "02/01/1970"), 86400);
    EXPECT_EQ(seconds(FieldType::date, "%d/%m/%Y", "2/1/1970"), 86400);
    EXPECT_EQ(seconds(FieldType::date, "%d.%m.%y", "02.01.70"), 86400);
    EXPECT_EQ(seconds(FieldType::date, "%d.%m.%y", "01.01.68"), 3092601600);
    EXPECT_EQ(seconds(FieldType::date, "%a, %d %b %Y", "Fri, 02 Jan 1970"), 86400);
    EXPECT_EQ(seconds(FieldType::date, "%A %d  %B %Y", "friday 02 january 1970"), 86400);
    EXPECT_EQ(seconds(FieldType::date, "%d %B %Y", "02 May 1970"), 121 * 86400);
    EXPECT_EQ(seconds(FieldType::date, "%Y %j", "1972 366"), (2 * 365 + 365) * 86400);
    EXPECT_EQ(seconds(FieldType::date, "%Y%m%d", "19700102"), 86400);
    EXPECT_EQ(seconds(FieldType::date, "%Y-%m-%d %H:%M", "1970-01-02 13:30"), 86400);
    EXPECT_EQ(seconds(FieldType::date, "%Y%%", "1970%"), 0);
    EXPECT_EQ(seconds(FieldType::time, "%I:%M %p", "12:30 AM"), 1800);
    EXPECT_EQ(seconds(FieldType::time, "%I:%M %p", "12:30 pm"), 45000);
    EXPECT_EQ(seconds(FieldType::time, "%H%M%S.%f", "000001.5"), 1.5);
    EXPECT_EQ(seconds(FieldType::datetime, "%Y-%m-%d %H:%M:%S%z", "1970-01-01 01:00:00+0100"), 0);
    EXPECT_EQ(seconds(FieldType::datetime, "%Y-%m-%dT%H:%M:%S %Z", "1970-01-01T00:00:05 UTC"), 5);
    EXPECT_FALSE(seconds(FieldType::date, "%d/%m/%Y", "1970-01-02"));
    EXPECT_FALSE(seconds(FieldType::date, "%d/%m/%Y", "31/02/1970"));
    EXPECT_FALSE(seconds(FieldType::date, "%d/%m/%Y", "02/01/1970x"));
    EXPECT_FALSE(seconds(FieldType::date, "%Y %j", "1971 366"));
    EXPECT_FALSE(seconds(FieldType::date, "%Y %m", "1970"));
    EXPECT_FALSE(seconds(FieldType::date, "%Y%%", "1970"));
}

TEST(ReadValue, OtherTypesHaveNone) {
    for (FieldType type : {FieldType::string, FieldType::object, FieldType::array, FieldType::any}) {
        EXPECT_FALSE(read_value(field_of(type), "1"));
    }
}

std::string constraint(const Field& field, std::string text, bool quoted) {
    Element node;
    node.kind = Element::Kind::scalar;
    node.text = std::move(text);
    node.quoted = quoted;
    const auto read = read_constraint_value(field, node);
    return read ? read->text : "none";
}

TEST(ReadConstraintValue, NumbersBecomeJsonNumbers) {
    Field field = field_of(FieldType::number);
    EXPECT_EQ(constraint(field, "5", false), "5");
    EXPECT_EQ(constraint(field, "5.0", false), "5");
    EXPECT_EQ(constraint(field, "+0.50", false), "0.5");
    EXPECT_EQ(constraint(field, ".5", true), "0.5");
    EXPECT_EQ(constraint(field, "1e3", false), "1000");
    EXPECT_EQ(constraint(field, "0.1", false), "0.1");
    EXPECT_EQ(constraint(field, "five", false), "none");
    field.decimal_char = ",";
    field.group_char = ".";
    EXPECT_EQ(constraint(field, "1.5", false), "1.5") << "a number of JSON";
    EXPECT_EQ(constraint(field, "1,5", false), "1.5");
    EXPECT_EQ(constraint(field, "1.000,5", true), "1000.5");
    EXPECT_EQ(constraint(field, "1.000", true), "1000") << "the field's notation";
    field = field_of(FieldType::integer);
    EXPECT_EQ(constraint(field, "+007", false), "7");
    EXPECT_EQ(constraint(field, "9223372036854775807", false), "9223372036854775807");
    EXPECT_EQ(constraint(field, "-9223372036854775808", false), "-9223372036854775808");
    EXPECT_EQ(constraint(field, "1.0", false), "none");
}

TEST(ReadConstraintValue, OthersAreInTheFieldsNotation) {
    Field field = field_of(FieldType::boolean);
    field.true_values = {"ja", "j"};
    field.false_values = {"false"};
    EXPECT_EQ(constraint(field, "true", false), "ja");
    EXPECT_EQ(constraint(field, "true", true), "none");
    EXPECT_EQ(constraint(field, "j", false), "j");
    EXPECT_EQ(constraint(field, "false", false), "false");
    EXPECT_EQ(constraint(field, "maybe", false), "none");
    EXPECT_EQ(constraint(field_of(FieldType::date, "%d/%m/%Y"), "31/12/2020", false), "31/12/2020");
    EXPECT_EQ(constraint(field_of(FieldType::date), "31/12/2020", false), "none");
    EXPECT_EQ(constraint(field_of(FieldType::string), "007", false), "007");
    EXPECT_EQ(constraint(field_of(FieldType::array), "[1]", true), "[1]");
}

TEST(PatternMistake, NamesTheDirective) {
    EXPECT_EQ(pattern_mistake("%Y-%m-%d", FieldType::date), std::nullopt);
    EXPECT_EQ(pattern_mistake("%Y-%m-%d", FieldType::datetime), std::nullopt);
    EXPECT_EQ(pattern_mistake("%y%j", FieldType::date), std::nullopt);
    EXPECT_EQ(pattern_mistake("%H:%M:%S.%f%z", FieldType::time), std::nullopt);
    EXPECT_EQ(pattern_mistake("%Y-%q", FieldType::date),
              "has `%q`, which is not one of %Y %y %m %d %j %b %B %a %A %H %I %p %M %S %f %z %Z %%");
    EXPECT_EQ(pattern_mistake("%Y- %", FieldType::date), "ends in a lone `%`; write `%%` for the sign itself");
    EXPECT_EQ(pattern_mistake("%Y-%m-%d %Y", FieldType::date), "has `%Y` twice");
    EXPECT_EQ(pattern_mistake("%Y%%%%", FieldType::date), std::nullopt);
    EXPECT_EQ(pattern_mistake("%d/%m", FieldType::date), "does not read the year: `%Y` or `%y`");
    EXPECT_EQ(pattern_mistake("%%Y", FieldType::date), "does not read the year: `%Y` or `%y`");
    EXPECT_EQ(pattern_mistake("%M:%S", FieldType::time), "does not read the hour: `%H` or `%I`");
    EXPECT_TRUE(pattern_mistake("%Y% d", FieldType::date));
    EXPECT_TRUE(pattern_mistake("%Y%\u00e9", FieldType::date));
}

} // namespace
} // namespace inlet::reading
