// One cell at a time: what each type takes for a value, and what it says of the rest.
#include "records/field_reader.hpp"

#include <limits>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "records/csv_scan.hpp"
#include "records/number_text.hpp"
#include "records/scalars.hpp"

namespace inlet {
namespace {

std::string shown(const Column& column, std::size_t row) {
    return column.present.test(row) ? value_text(column, row) : "NULL";
}

// The value, or what is wrong: "value", "NULL", "! message".
std::string read(const Field& field, const std::string& text, const std::vector<std::string>& missing = {""}) {
    const auto reader = FieldReader::make(field, missing);
    if (!reader) return "!! " + reader.error().message;
    const std::string padded = text + std::string(kScanPadding, '7');
    const TextRef cell{padded.data(), static_cast<std::uint32_t>(text.size())};
    Column column;
    TextArena arena;
    FlawList flaws;
    flaws.reset(1, 1, 100);
    (*reader)->read({{&cell, 1}, 0, 1}, column, arena, flaws);
    flaws.sort();
    std::string result;
    for (const Flaw& flaw : flaws.kept()) result += "! " + describe(flaw, &field);
    return result.empty() ? shown(column, 0) : result;
}

Field field(FieldType type, std::string format = "default") {
    Field made;
    made.name = "f";
    made.type = type;
    made.format = std::move(format);
    return made;
}

TEST(IntegerField, Notations) {
    const Field f = field(FieldType::integer);
    EXPECT_EQ(read(f, "0"), "0");
    EXPECT_EQ(read(f, "007"), "7");
    EXPECT_EQ(read(f, "-1"), "-1");
    EXPECT_EQ(read(f, "+12"), "12");
    EXPECT_EQ(read(f, " 12\t"), "12");
    EXPECT_EQ(read(f, "12345678"), "12345678");
    EXPECT_EQ(read(f, "123456789"), "123456789");
    EXPECT_EQ(read(f, "1234567890123456"), "1234567890123456");
    EXPECT_EQ(read(f, "12345678901234567"), "12345678901234567");
    EXPECT_EQ(read(f, "9223372036854775807"), "9223372036854775807");
    EXPECT_EQ(read(f, "-9223372036854775808"), "-9223372036854775808");
    EXPECT_EQ(read(f, ""), "NULL");
    for (const char* wrong : {"-", "+", "--1", "+-1", "1.0", "1e3", "0x10", "1 2", "a", "1a", "12345678a", "1234567a9",
                              " ", "1,000", "\xC2\xB2"}) {
        EXPECT_EQ(read(f, wrong), fmt::format("! `f` is `{}`; a whole number is expected", wrong));
    }
    EXPECT_EQ(read(f, "9223372036854775808"),
              "! `f` is 9223372036854775808; whole numbers go from -9223372036854775808 to 9223372036854775807");
}

TEST(IntegerField, OtherNotations) {
    Field f = field(FieldType::integer);
    f.group_char = ",";
    EXPECT_EQ(read(f, "1,234,567"), "1234567");
    EXPECT_EQ(read(f, "12"), "12");
    EXPECT_EQ(read(f, "12,34,567"), "1234567");
    for (const char* wrong : {"1,00", "1,0,0,0", ",1", "1,", "1,,000", "1234,567", "1,2345"}) {
        EXPECT_EQ(read(f, wrong), fmt::format("! `f` is `{}`; a whole number is expected", wrong));
    }
    f.bare_number = false;
    EXPECT_EQ(read(f, "EUR 1,234"), "1234");
    EXPECT_EQ(read(f, "-95%"), "-95");
    EXPECT_EQ(read(f, "EUR"), "! `f` is `EUR`; a whole number is expected");
    EXPECT_EQ(read(field(FieldType::integer), "-999", {"", "-999"}), "NULL");
    EXPECT_EQ(read(field(FieldType::integer), "n/a", {"n/a"}), "NULL");
    EXPECT_EQ(read(field(FieldType::integer), "", {"n/a"}), "! `f` is ``; a whole number is expected");
}

TEST(IntegerField, Constraints) {
    Field f = field(FieldType::integer);
    f.constraints.minimum = "1";
    f.constraints.maximum = "5";
    f.constraints.required = true;
    EXPECT_EQ(read(f, "1"), "1");
    EXPECT_EQ(read(f, "5"), "5");
    EXPECT_EQ(read(f, "0"), "! `f` is 0; at least 1 is allowed");
    EXPECT_EQ(read(f, "6"), "! `f` is 6; at most 5 is allowed");
    EXPECT_EQ(read(f, ""), "! `f` is missing; a value is required");
    EXPECT_EQ(read(f, "x"), "! `f` is `x`; a whole number is expected");
    f.constraints = {};
    f.constraints.enumeration = {"3", "1"};
    EXPECT_EQ(read(f, "3"), "3");
    EXPECT_EQ(read(f, "2"), "! `f` is `2`; allowed are 3, 1");
    EXPECT_EQ(read(f, ""), "NULL");
    f.constraints.enumeration = {"x"};
    EXPECT_TRUE(read(f, "3").starts_with("!! `enum` of field `f`"));
}

TEST(NumberField, Notations) {
    const Field f = field(FieldType::number);
    for (const char* same : {"0", "1", "-1", "0.5", "4.5", "123.4567", "-0.001", "12345678", "1234567890.125"})
        EXPECT_EQ(read(f, same), same);
    EXPECT_EQ(read(f, "3.0"), "3");
    EXPECT_EQ(read(f, "+2"), "2");
    EXPECT_EQ(read(f, ".5"), "0.5");
    EXPECT_EQ(read(f, "5."), "5");
    EXPECT_EQ(read(f, " 1.5 "), "1.5");
    EXPECT_EQ(std::stod(read(f, "8.2e-05")), 8.2e-05);
    EXPECT_EQ(std::stod(read(f, "1E10")), 1e10);
    EXPECT_NE(read(f, "NaN")[0], '!');
    EXPECT_NE(read(f, "-INF")[0], '!');
    for (const char* wrong : {"-", ".", "1.2.3", "1,5", "e5", "nan", "inf", "infinity", "1e999", "0x1p3", "1..2",
                              "1.5x", "--1", "12.34567x"}) {
        EXPECT_EQ(read(f, wrong), fmt::format("! `f` is `{}`; a number is expected", wrong));
    }
    Field german = f;
    german.decimal_char = ",";
    german.group_char = ".";
    EXPECT_EQ(read(german, "1.234,5"), "1234.5");
    EXPECT_EQ(read(german, "1.50"), "! `f` is `1.50`; a number is expected");
    EXPECT_EQ(read(german, "1,234.5"), "! `f` is `1,234.5`; a number is expected");
    Field bounded = f;
    bounded.constraints.maximum = "5";
    EXPECT_EQ(read(bounded, "NaN"), "! `f` is NaN; at most 5 is allowed");
}

TEST(NumberField, ShortWayIsExact) {
    std::mt19937_64 random(5);
    for (int i = 0; i < 200000; ++i) {
        std::string text = random() % 2 == 0 ? "-" : "";
        const std::size_t digits = 1 + random() % 7;
        const std::size_t point = random() % 2 == 0 ? 0 : 1 + random() % digits;
        for (std::size_t d = 0; d < digits; ++d) {
            if (d == point && d > 0) text += '.';
            text += static_cast<char>('0' + random() % 10);
        }
        const std::size_t size = text.size();
        const std::string padded = text + std::string(16, '9');
        double value = 0;
        ASSERT_TRUE(parse_short_number(padded.data(), static_cast<std::uint32_t>(size), value)) << text;
        ASSERT_EQ(value, std::stod(text)) << text;
    }
}

TEST(NumberText, EveryByteIsLookedAt) {
    for (std::size_t size = 1; size <= 16; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string text(size, '1');
                text[at] = static_cast<char>(byte);
                text += std::string(16, '5');
                std::uint64_t value = 0;
                ASSERT_EQ(parse_digits(text.data(), static_cast<std::uint32_t>(size), value),
                          byte >= '0' && byte <= '9');
            }
        }
    }
}

TEST(BooleanField, Words) {
    Field f = field(FieldType::boolean);
    EXPECT_EQ(read(f, "true"), "true");
    EXPECT_EQ(read(f, "0"), "false");
    EXPECT_EQ(read(f, " TRUE"), "true");
    EXPECT_EQ(read(f, "yes"), "! `f` is `yes`; true or false is expected");
    f.true_values = {"yes"};
    f.false_values = {"no"};
    EXPECT_EQ(read(f, "no"), "false");
    EXPECT_EQ(read(f, "true"), "! `f` is `true`; yes or no is expected");
    f.constraints.enumeration = {"yes"};
    EXPECT_EQ(read(f, "no"), "! `f` is `no`; allowed are yes");
}

TEST(TemporalFields, Formats) {
    EXPECT_EQ(read(field(FieldType::date), "2024-02-29"), "2024-02-29");
    EXPECT_EQ(read(field(FieldType::date), "2023-02-29"), "! `f` is `2023-02-29`; a date like 2024-12-31 is expected");
    EXPECT_EQ(read(field(FieldType::date, "%d/%m/%Y"), "03/04/2020"), "2020-04-03");
    EXPECT_EQ(read(field(FieldType::date, "%d/%m/%Y"), "2020-04-03"),
              "! `f` is `2020-04-03`; a date in the format %d/%m/%Y is expected");
    EXPECT_EQ(read(field(FieldType::time), "23:59:59"), "23:59:59");
    EXPECT_EQ(read(field(FieldType::datetime), "2024-02-29T10:00:00Z"), "2024-02-29T10:00:00");
    Field bounded = field(FieldType::date);
    bounded.constraints.minimum = "2020-01-01";
    EXPECT_EQ(read(bounded, "2019-12-31"), "! `f` is 2019-12-31; at least 2020-01-01 is allowed");
    bounded.constraints.minimum = "soon";
    EXPECT_TRUE(read(bounded, "2019-12-31").starts_with("!! `minimum` of field `f` is `soon`"));
}

TEST(StringField, Constraints) {
    Field f = field(FieldType::string);
    f.constraints.min_length = 2;
    f.constraints.max_length = 4;
    f.constraints.pattern = "[a-z\xC3\xA9]+";
    EXPECT_EQ(read(f, "caf\xC3\xA9"), "caf\xC3\xA9");
    EXPECT_EQ(read(f, "a"), "! `f` is `a`; its length must be at least 2");
    EXPECT_EQ(read(f, "ABC"), "! `f` is `ABC`; it must match [a-z\xC3\xA9]+");
    EXPECT_EQ(read(f, "abcdE"),
              "! `f` is `abcdE`; its length may be at most 4! `f` is `abcdE`; it must match [a-z\xC3\xA9]+");
    f.constraints.pattern = "[";
    EXPECT_TRUE(read(f, "x").starts_with("!! `pattern` of field `f`"));
}

TEST(JsonFields, PythonAndJson) {
    EXPECT_EQ(read(field(FieldType::array), "[1, 2]"), "[1, 2]");
    EXPECT_EQ(read(field(FieldType::array), "{}"), "! `f` is `{}`; a JSON array is expected");
    EXPECT_EQ(read(field(FieldType::object), "{'a': 1}"), "! `f` is `{'a': 1}`; a JSON object is expected");
    const std::string json = read(field(FieldType::object, "python"), "{'a': None}");
    EXPECT_NE(json.find("null"), std::string::npos) << json;
    Field f = field(FieldType::array);
    f.constraints.max_length = 1;
    EXPECT_EQ(read(f, "[1, 2]"), "! `f` is `[1, 2]`; its length may be at most 1");
}

} // namespace
} // namespace inlet
