// Numbers as a person reads them. Nothing depends on the locale, so that output is the same everywhere.
#include "app/figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "records/scalars.hpp"

namespace inlet {

namespace {

constexpr Timestamp kSecond = 1'000'000;

// Times before 1970 round towards the past, as times after it do.
Timestamp floor_seconds(Timestamp moment) {
    const Timestamp rest = moment % kSecond;
    return (moment - rest) / kSecond - (rest < 0 ? 1 : 0);
}

} // namespace

std::string show_count(std::uint64_t count) {
    std::string text = std::to_string(count);
    for (std::size_t from_end = 3; from_end < text.size(); from_end += 4) text.insert(text.size() - from_end, 1, ',');
    return text;
}

std::string show_count(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", show_count(count), noun, count == 1 ? "" : "s");
}

std::string show_bytes(std::uint64_t bytes) {
    if (bytes < 1000) return fmt::format("{} B", bytes);
    static constexpr std::array<std::string_view, 6> kNames{"kB", "MB", "GB", "TB", "PB", "EB"};
    double amount = static_cast<double>(bytes) / 1000;
    std::size_t unit = 0;
    while (amount >= 999.5 && unit + 1 < kNames.size()) {
        amount /= 1000;
        ++unit;
    }
    if (amount < 9.95) return fmt::format("{:.1f} {}", amount, kNames[unit]);
    return fmt::format("{:.0f} {}", amount, kNames[unit]);
}

std::string show_span(double seconds) {
    if (!(seconds > 0)) return "0 s";
    if (seconds < 9.995) return fmt::format("{:.2f} s", seconds);
    if (seconds < 59.5) return fmt::format("{:.0f} s", seconds);
    if (seconds > 1e9) return "very long";
    const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
    const std::uint64_t hours = whole / 3600;
    const std::uint64_t minutes = whole / 60 % 60;
    if (hours == 0) return fmt::format("{}:{:02}", minutes, whole % 60);
    return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
}

std::string show_moment(Timestamp moment) {
    std::string text = format_datetime(floor_seconds(moment) * kSecond);
    std::ranges::replace(text, 'T', ' ');
    return text;
}

} // namespace inlet
