// Tests of text_table.hpp.
#include "app/text_table.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

TEST(TextTable, ColumnsAreAsWideAsTheirWidestCell) {
    TextTable table({{"id", Align::right}, {"name"}});
    table.add({"1", "Søren"});
    table.add({"1000", ""});
    EXPECT_EQ(table.render(0, Paint()), "  id  name\n"
                                        "----  -----\n"
                                        "   1  Søren\n"
                                        "1000\n");
}

TEST(TextTable, TheWidestColumnsGiveWay) {
    TextTable table({{"a"}, {"b"}, {"c"}});
    table.add({"short", std::string(60, 'x'), std::string(20, 'y')});
    const std::vector<std::size_t> widths = table.widths(45);
    EXPECT_EQ(widths, (std::vector<std::size_t>{5, 18, 18}));
    EXPECT_EQ(table.render(45, Paint()), "a      b                   c\n"
                                         "-----  ------------------  ------------------\n"
                                         "short  xxxxxxxxxxxxxxxxx…  yyyyyyyyyyyyyyyyy…\n");
}

TEST(TextTable, ManyColumnsKeepALeastWidth) {
    TextTable table({{"a"}, {"b"}});
    table.add({std::string(50, 'x'), std::string(50, 'y')});
    EXPECT_EQ(table.widths(10), (std::vector<std::size_t>{8, 8}));
}

TEST(TextTable, WhatIsAbsentLooksUnlikeAnyText) {
    EXPECT_EQ(shown_cell(std::optional<std::string>(), true), "NULL");
    EXPECT_EQ(shown_cell("NULL", true), "\"NULL\"");
    EXPECT_EQ(shown_cell("", true), "\"\"");
    EXPECT_EQ(shown_cell("", false), "");
    EXPECT_EQ(shown_cell("a\nb", true), "a\\nb");
}

TEST(TextTable, ColoursDoNotCountAsWidth) {
    TextTable table({{"a"}, {"b"}}, true);
    table.add({std::optional<std::string>(), "1"});
    EXPECT_EQ(table.render(0, Paint(true)), "\x1b[1ma     b\x1b[0m\n"
                                            "\x1b[2m----  -\x1b[0m\n"
                                            "\x1b[2mNULL\x1b[0m  1\n");
}

} // namespace
} // namespace inlet
