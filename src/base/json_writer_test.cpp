// Commas, escapes and numbers of RFC 8259.
#include "base/json_writer.hpp"

#include <cstdlib>
#include <limits>

#include <gtest/gtest.h>

namespace inlet {
namespace {

std::string escaped(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string number(double value) {
    JsonWriter json;
    json.value(value);
    return json.take();
}

TEST(JsonWriter, PutsCommasBetweenAndNowhereElse) {
    JsonWriter json;
    json.begin_object();
    json.member("a", 1);
    json.key("b")
        .begin_array()
        .value(2)
        .value("x")
        .begin_array()
        .end_array()
        .begin_object()
        .end_object()
        .null()
        .end_array();
    json.key("c").begin_object().member("d", true).member("e", false).end_object();
    json.member("f", "g");
    json.end_object();
    EXPECT_EQ(json.str(), R"({"a":1,"b":[2,"x",[],{},null],"c":{"d":true,"e":false},"f":"g"})");
}

TEST(JsonWriter, WritesValuesAlone) {
    JsonWriter json;
    json.begin_array().end_array();
    EXPECT_EQ(json.take(), "[]");
    EXPECT_EQ(number(1), "1");
}

TEST(JsonWriter, RawIsOneValue) {
    JsonWriter json;
    json.begin_array().raw(R"({"a": 1})").raw("2").end_array();
    EXPECT_EQ(json.str(), R"([{"a": 1},2])");
}

TEST(JsonWriter, WritesIntegersExactly) {
    JsonWriter json;
    json.begin_array()
        .value(std::numeric_limits<std::int64_t>::min())
        .value(std::numeric_limits<std::uint64_t>::max())
        .value(std::int8_t{-5})
        .value(std::size_t{0})
        .end_array();
    EXPECT_EQ(json.str(), "[-9223372036854775808,18446744073709551615,-5,0]");
}

TEST(JsonWriter, WritesDoublesSoThatTheyReadBackTheSame) {
    for (const double value : {0.1, 1e300, 5e-324, -2.5, 123456789.123456789, 1.0 / 3, 1e21}) {
        EXPECT_EQ(std::strtod(number(value).c_str(), nullptr), value);
    }
    EXPECT_EQ(number(0.1), "0.1");
    EXPECT_EQ(number(7.5), "7.5");
}

TEST(JsonWriter, WritesNullForWhatJsonHasNoNumberFor) {
    EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "null");
    EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "null");
    JsonWriter json;
    json.begin_array().value(std::numeric_limits<double>::quiet_NaN()).value(1).end_array();
    EXPECT_EQ(json.str(), "[null,1]");
}

TEST(JsonWriter, EscapesKeysToo) {
    JsonWriter json;
    json.begin_object().member("a\"b", 1).end_object();
    EXPECT_EQ(json.str(), R"({"a\"b":1})");
}

TEST(JsonString, EscapesWhatMustBe) {
    EXPECT_EQ(escaped("plain"), R"("plain")");
    EXPECT_EQ(escaped(""), R"("")");
    EXPECT_EQ(escaped("a\"b\\c/d"), R"("a\"b\\c/d")");
    EXPECT_EQ(escaped("\n\r\t"), R"("\n\r\t")");
    EXPECT_EQ(escaped(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
}

TEST(JsonString, KeepsUtf8) {
    const std::string text = "\u00e9\u20ac\U0001F600\U0010FFFF\u0800\uD7FF\uE000";
    EXPECT_EQ(escaped(text), "\"" + text + "\"");
}

TEST(JsonString, ReplacesEachByteThatIsNotUtf8) {
    const std::string bad = "\xEF\xBF\xBD";
    EXPECT_EQ(escaped("\xff"), "\"" + bad + "\"");
    EXPECT_EQ(escaped("a\x80"
                      "b"),
              "\"a" + bad + "b\"");
    EXPECT_EQ(escaped("\xC0\x80"), "\"" + bad + bad + "\"");                     // overlong
    EXPECT_EQ(escaped("\xE0\x9F\xBF"), "\"" + bad + bad + bad + "\"");           // overlong
    EXPECT_EQ(escaped("\xED\xA0\x80"), "\"" + bad + bad + bad + "\"");           // surrogate
    EXPECT_EQ(escaped("\xF4\x90\x80\x80"), "\"" + bad + bad + bad + bad + "\""); // beyond U+10FFFF
    EXPECT_EQ(escaped("\xE2\x82"), "\"" + bad + bad + "\"");                     // cut off
    EXPECT_EQ(escaped("\xE2\x82x"), "\"" + bad + bad + "x\"");
}

} // namespace
} // namespace inlet
