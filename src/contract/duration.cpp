#include "contract/duration.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace inlet {

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
    static constexpr std::array<std::pair<char, std::int64_t>, 5> kUnits{
        {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}}};
    // Longer than any calendar, and far from where adding to a time of day would overflow.
    static constexpr std::int64_t kSecondsMax = 10'000LL * 366 * 86400;
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || number < 0 || stop + 1 != end) return std::nullopt;
    for (const auto& [unit, seconds] : kUnits) {
        if (*stop == unit && number <= kSecondsMax / seconds) return std::chrono::seconds(number * seconds);
    }
    return std::nullopt;
}

} // namespace inlet
