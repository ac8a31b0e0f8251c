// Tests of display_text.hpp.
#include "app/display_text.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

TEST(DisplayText, WidthCountsColumnsAndNotBytes) {
    EXPECT_EQ(display_width(""), 0U);
    EXPECT_EQ(display_width("abc"), 3U);
    EXPECT_EQ(display_width("Søren"), 5U);
    EXPECT_EQ(display_width("七つ"), 4U);
    EXPECT_EQ(display_width("e\u0301"), 1U); // e and a combining acute accent
    EXPECT_EQ(display_width("🎬"), 2U);
    EXPECT_EQ(display_width("\xFF\xFE"), 2U);
}

TEST(DisplayText, ControlCharactersAreMadeVisible) {
    EXPECT_EQ(printable("a\nb\tc\rd"), "a\\nb\\tc\\rd");
    EXPECT_EQ(printable("\x1b[31mred"), "\\x1b[31mred");
    EXPECT_EQ(printable("\xC2\x9B"
                        "0m"),
              "\\x9b0m"); // U+009B steers some terminals as ESC [ does
    EXPECT_EQ(printable("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(printable("Ørjan 七"), "Ørjan 七");
}

TEST(DisplayText, CutsToAWidth) {
    EXPECT_EQ(cut_to_width("abcdef", 6), "abcdef");
    EXPECT_EQ(cut_to_width("abcdef", 5), "abcd…");
    EXPECT_EQ(cut_to_width("abcdef", 1), "…");
    EXPECT_EQ(cut_to_width("abcdef", 0), "");
    EXPECT_EQ(cut_to_width("", 0), "");
    EXPECT_EQ(cut_to_width("七七七", 4), "七…"); // half of a wide character is never shown
    for (std::size_t width = 0; width < 12; ++width) {
        EXPECT_LE(display_width(cut_to_width("a七e\u0301b七🎬c", width)), width);
    }
}

TEST(DisplayText, PadsByColumns) {
    EXPECT_EQ(pad_right("七", 4), "七  ");
    EXPECT_EQ(pad_left("7", 3), "  7");
    EXPECT_EQ(pad_left("1234", 3), "1234");
}

} // namespace
} // namespace inlet
