#include "records/json_cursor.hpp"

#include <gtest/gtest.h>

namespace inlet {

namespace {

using Kind = JsonValue::Kind;

// The one value of the text, or what is wrong with it and where.
std::string verdict(std::string_view text) {
    JsonCursor cursor(text);
    JsonValue value;
    if (!cursor.value(value)) return std::to_string(cursor.position()) + ": " + std::string(cursor.error());
    return cursor.peek() == '\0' ? "ok" : "more";
}

std::string unescaped(std::string_view text) {
    JsonCursor cursor(text);
    JsonValue value;
    EXPECT_TRUE(cursor.value(value)) << text;
    TextArena arena;
    return std::string(json_text(value, arena).view());
}

TEST(JsonCursor, TellsKinds) {
    const std::vector<std::pair<std::string_view, Kind>> cases{
        {" null ", Kind::null},    {"true", Kind::boolean},        {"false", Kind::boolean},
        {"-0.5e+3", Kind::number}, {R"("a")", Kind::string},       {R"({"a":[1,{"b":null}]})", Kind::object},
        {"[]", Kind::array},       {"[ 1 , [2] ]", Kind::array},   {"{}", Kind::object},
        {"0", Kind::number},       {R"("\u00e4\n")", Kind::string}};
    for (const auto& [text, kind] : cases) {
        JsonCursor cursor(text);
        JsonValue value;
        ASSERT_TRUE(cursor.value(value)) << text;
        EXPECT_EQ(value.kind, kind) << text;
        EXPECT_EQ(cursor.peek(), '\0') << text;
    }
}

TEST(JsonCursor, RefusesWhatIsNoJson) {
    EXPECT_EQ(verdict(""), "0: a value is expected");
    EXPECT_EQ(verdict("[1,]"), "3: a value is expected");
    EXPECT_EQ(verdict("[1 2]"), "3: `,` or `]` is expected");
    EXPECT_EQ(verdict("{a:1}"), "1: a name in double quotes is expected");
    EXPECT_EQ(verdict(R"({"a" 1})"), "5: `:` is expected");
    EXPECT_EQ(verdict(R"({"a":1)"), "6: `,` or `}` is expected");
    EXPECT_EQ(verdict("01"), "more");
    EXPECT_EQ(verdict("-"), "1: a digit is expected");
    EXPECT_EQ(verdict("1."), "2: a digit is expected");
    EXPECT_EQ(verdict("1e"), "2: a digit is expected");
    EXPECT_EQ(verdict("+1"), "0: a value is expected");
    EXPECT_EQ(verdict("nul"), "0: a value is expected");
    EXPECT_EQ(verdict("NaN"), "0: a value is expected");
    EXPECT_EQ(verdict("\"a"), "2: the string does not end");
    EXPECT_EQ(verdict("\"a\nb\""), "2: control characters are written with an escape");
    EXPECT_EQ(verdict(R"("\x")"), "1: there is no such escape");
    EXPECT_EQ(verdict(R"("\u12g4")"), "1: four hexadecimal digits are expected");
    EXPECT_EQ(verdict(R"("\ud800")"), "1: half of a surrogate pair");
    EXPECT_EQ(verdict(R"("\udc00")"), "1: half of a surrogate pair");
    EXPECT_EQ(verdict(std::string_view("\"a\\\0\"", 5)), "2: there is no such escape");
}

TEST(JsonCursor, BoundsDepth) {
    EXPECT_EQ(verdict(std::string(100, '[') + std::string(100, ']')), "ok");
    EXPECT_EQ(verdict(std::string(102, '[') + std::string(102, ']')), "101: values are nested more than 100 deep");
}

TEST(JsonCursor, UndoesEscapes) {
    EXPECT_EQ(unescaped(R"("plain")"), "plain");
    EXPECT_EQ(unescaped(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
    EXPECT_EQ(unescaped(R"("\u0041\u00e4\u20ac\ud83d\ude00!")"), "A\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80!");
}

} // namespace

} // namespace inlet
