// How the log is written and how much of it. Floor 0.
#pragma once

#include <cstdint>
#include <string_view>

namespace inlet {

enum class LogLevel : std::uint8_t { debug, info, warning, error };
std::string_view to_string(LogLevel level);
enum class LogFormat : std::uint8_t { json, text };

} // namespace inlet
