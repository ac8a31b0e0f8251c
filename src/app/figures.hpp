// Numbers as a person reads them: counts, bytes, shares, spans of time and moments. Floor 7; pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace inlet {

std::string show_count(std::uint64_t count);                        // "26,024,289"
std::string show_count(std::uint64_t count, std::string_view noun); // "1 row", "2 rows"; the plural takes an s
std::string show_bytes(std::uint64_t bytes); // "812 B", "1.4 MB", "720 MB": powers of 1000, three digits
std::string show_span(double seconds);       // "0.42 s", "12 s", "3:05", "1:02:03"
std::string show_moment(Timestamp moment);   // "2026-11-20 10:18:43" (UTC)

} // namespace inlet
