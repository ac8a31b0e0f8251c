// Text as it stands on a terminal: how wide it is, cut to a width, without signs that would steer the terminal. Floor
// 7; pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace inlet {

// Columns that UTF-8 text takes on a terminal: 0 for combining marks, 2 for East Asian wide characters and emoji
// (Unicode Standard Annex 11), 1 for others, also for each byte that is not UTF-8.
std::size_t display_width(std::string_view text);

// Line feeds, tabs and other control characters as `\n`, `\t`, `\x1b`; bytes that are not UTF-8 as U+FFFD: safe to
// print, on one line.
std::string printable(std::string_view text);

// At most `width_max` columns; what was cut shows as `…`.
std::string cut_to_width(std::string_view text, std::size_t width_max);

// With spaces up to `width` columns, behind or in front.
std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

} // namespace inlet
