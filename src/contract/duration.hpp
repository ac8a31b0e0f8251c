// Lengths of time as people write them. Floor 1; pure.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace inlet {

// A whole number and a unit: 45s, 30m, 12h, 90d, 2w. At most 10,000 years.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

} // namespace inlet
