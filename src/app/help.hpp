// The texts of `--help`. Floor 7; pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "app/command.hpp"
#include "app/commands.hpp"
#include "app/paint.hpp"

namespace inlet {

inline constexpr std::string_view kProgramVersion = "0.1.0";

// The overview: all commands by group, and the options that all take.
std::string overview_help(const Commands& commands, const std::vector<Argument>& global, Paint paint,
                          std::size_t width);
// One command: usage, what it does, its arguments, examples.
std::string command_help(Command& command, const std::vector<Argument>& global, Paint paint, std::size_t width);

// Text in lines of at most `width` columns, each behind `indent` spaces, but the first.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

} // namespace inlet
