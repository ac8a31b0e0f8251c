#include "records/json_object.hpp"

#include <gtest/gtest.h>

namespace inlet {

namespace {

TEST(JsonObject, GivesMembersWithTheirTexts) {
    const auto read = read_json_object(R"( {"a":"x\u00e9\n", "b": 12.50, "c": {"d": [1]}, "e": null, "a": "y"} )");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->size(), 4U);
    EXPECT_EQ(read->at("a").text, "y");
    EXPECT_EQ(read->at("b"), (JsonMember{JsonValue::Kind::number, "12.50"}));
    EXPECT_EQ(read->at("c"), (JsonMember{JsonValue::Kind::object, R"({"d": [1]})"}));
    EXPECT_EQ(read->at("e").kind, JsonValue::Kind::null);
    EXPECT_EQ(read_json_object(R"({"q\"":"\u00e9\n"})")->at("q\"").text, "\xC3\xA9\n");
    EXPECT_TRUE(read_json_object("{}")->empty());
}

TEST(JsonObject, RefusesWhatIsNone) {
    for (const char* text : {"", "[]", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":1} x", "{1:2}"}) {
        const auto read = read_json_object(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, FailureCode::bad_argument) << text;
    }
}

} // namespace
} // namespace inlet
