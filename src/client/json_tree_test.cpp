#include "client/json_tree.hpp"

#include <gtest/gtest.h>

namespace inlet::client {
namespace {

TEST(JsonTree, MembersItemsAndEscapes) {
    const auto tree =
        JsonTree::parse(R"( {"a": "x\"\u00e9\n", "b": [1, -2, {"c": true}], "d": null, "e": 1.5, "f": {}} )");
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree->text_of("a"), "x\"\xC3\xA9\n");
    ASSERT_EQ(tree->items_of("b").size(), 3U);
    EXPECT_EQ(tree->items_of("b")[1].integer(), -2);
    EXPECT_TRUE(tree->items_of("b")[2].truth_of("c"));
    EXPECT_EQ(tree->items_of("b")[2].text, R"({"c": true})") << "as written";
    EXPECT_EQ(tree->text_of("d"), "");
    EXPECT_EQ(tree->integer_of("e"), 0) << "no whole number";
    EXPECT_EQ(tree->find("g"), nullptr);
    EXPECT_TRUE(tree->items_of("f").empty());
}

TEST(JsonTree, WhatIsNoJsonIsNothing) {
    for (const char* text : {"", "{", R"({"a":})", "[1,]", "{} {}", "nul", R"("\u12")"})
        EXPECT_FALSE(JsonTree::parse(text)) << text;
}

} // namespace
} // namespace inlet::client
