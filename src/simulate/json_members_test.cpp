// Answers of the server, and what is none.
#include "simulate/json_members.hpp"

#include <gtest/gtest.h>

namespace inlet::simulate {
namespace {

TEST(JsonMembers, AreFoundByName) {
    const JsonMembers members(
        R"({"submission": 17, "state":"queued", "duplicate":true, "version":null, "parts":[{"a":1},{"a":2}], "q":"a \"b\" \u00e4"})");
    EXPECT_EQ(members.number("submission"), 17);
    EXPECT_EQ(members.text("state"), "queued");
    EXPECT_TRUE(members.truth("duplicate"));
    EXPECT_EQ(members.text("q"), "a \"b\" \u00e4");
    ASSERT_NE(members.find("parts"), nullptr);
    const auto parts = json_elements(members.find("parts")->text);
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_EQ(JsonMembers(parts[1].text).number("a"), 2);
}

TEST(JsonMembers, OfAnotherKindAreNone) {
    const JsonMembers members(R"({"submission":"17","state":5,"big":99999999999999999999,"part":1.5})");
    EXPECT_EQ(members.number("submission"), 0);
    EXPECT_EQ(members.number("big"), 0);
    EXPECT_EQ(members.number("part"), 0);
    EXPECT_EQ(members.number("absent"), 0);
    EXPECT_EQ(members.text("state"), "");
    EXPECT_FALSE(members.truth("state"));
}

TEST(JsonMembers, WhatIsNoJsonHasNone) {
    for (const std::string_view text : {"", "[1]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "<html>"}) {
        const JsonMembers members(text);
        EXPECT_EQ(members.text("a"), "");
    }
    EXPECT_EQ(JsonMembers("{\"a\":1,\"b\":").number("a"), 1) << "as far as it goes";
    EXPECT_TRUE(json_elements("{}").empty());
    EXPECT_TRUE(json_elements("[ ]").empty());
    EXPECT_EQ(json_elements("[1,2,").size(), 2U);
}

} // namespace
} // namespace inlet::simulate
