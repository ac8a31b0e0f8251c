// Cases of wrong contracts, written so that the text itself shows where the mistake is. For tests beside the contract;
// one thread.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "contract/project_reader.hpp"

namespace inlet {

inline std::string lines_of(const std::vector<Diagnostic>& mistakes) {
    std::string lines;
    for (const Diagnostic& mistake : mistakes) lines += to_string(mistake) + "\n";
    return lines;
}

// What is wrong, and where: `^` stands before the place of the one mistake and is taken out.
struct Wrong {
    std::string_view text;
    std::string_view message;
    std::string_view suggestion = "";
};

struct MarkedPlace {
    int line;
    int column;
    std::string text;
};

inline MarkedPlace without_mark(std::string text) {
    const std::size_t mark = text.find('^');
    EXPECT_NE(mark, std::string::npos) << text;
    EXPECT_EQ(text.find('^', mark + 1), std::string::npos) << text;
    text.erase(mark, 1);
    const std::size_t line_start = mark == 0 ? std::string::npos : text.rfind('\n', mark - 1);
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(mark), '\n') + 1;
    const std::size_t column = line_start == std::string::npos ? mark + 1 : mark - line_start;
    return {static_cast<int>(line), static_cast<int>(column), text};
}

template <class Parse>
void expect_one_mistake(const Wrong& wrong, const std::string& whole, Parse parse) {
    const MarkedPlace place = without_mark(whole);
    const auto read = parse(place.text);
    ASSERT_FALSE(read) << place.text;
    ASSERT_EQ(read.error().size(), 1U) << place.text << "\n" << lines_of(read.error());
    const Diagnostic& mistake = read.error()[0];
    EXPECT_EQ(mistake.message, wrong.message) << place.text;
    EXPECT_EQ(mistake.suggestion, wrong.suggestion) << place.text;
    EXPECT_EQ(mistake.line, place.line) << place.text;
    EXPECT_EQ(mistake.column, place.column) << place.text;
    EXPECT_EQ(mistake.file, "inlet.yaml");
}

} // namespace inlet
