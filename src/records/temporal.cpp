// ISO 8601 dates and times, in the one form that Table Schema's `default` format asks for, both ways; and numbers as
// text.
#include "records/temporal.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace inlet {

namespace temporal {

std::optional<std::int64_t> time_of_day(unsigned hour, unsigned minute, unsigned second, unsigned microsecond) {
    if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return std::int64_t{hour * 3'600 + minute * 60 + second} * kMicrosecondsPerSecond + microsecond;
}

std::optional<std::int64_t> instant(std::int64_t day, std::int64_t time, std::int64_t zone_minutes) {
    const std::int64_t microseconds = day * kMicrosecondsPerDay + time - zone_minutes * kMicrosecondsPerMinute;
    if (microseconds < kFirstDay * kMicrosecondsPerDay ||
        microseconds >= (kLastDay + std::int64_t{1}) * kMicrosecondsPerDay)
        return std::nullopt;
    return microseconds;
}

namespace {

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                "Friday", "Saturday", "Sunday"};

bool same_word(std::string_view text, std::string_view word) {
    if (text.size() != word.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (lower(text[i]) != lower(word[i])) return false;
    }
    return true;
}

template <std::size_t N>
std::optional<unsigned> place_of(std::string_view name, const std::array<std::string_view, N>& names) {
    for (unsigned i = 0; i < N; ++i) {
        if (same_word(name, names[i]) || same_word(name, names[i].substr(0, 3))) return i + 1;
    }
    return std::nullopt;
}

} // namespace

std::optional<unsigned> month_of(std::string_view name) { return place_of(name, kMonths); }
std::optional<unsigned> weekday_of(std::string_view name) { return place_of(name, kDays); }
std::string_view month_name(unsigned month) { return kMonths[month - 1]; }
std::string_view weekday_name(unsigned weekday) { return kDays[weekday - 1]; }

std::optional<unsigned> Cursor::take_fraction() {
    const std::size_t count = digits_ahead();
    if (count == 0 || count > 9) return std::nullopt;
    const std::size_t used = count < 6 ? count : 6;
    unsigned value = take_digits(used);
    for (std::size_t i = used; i < 6; ++i) value *= 10;
    skip(count - used);
    return value;
}

} // namespace temporal

using namespace temporal;

namespace {

inline std::optional<std::int32_t> day_number(unsigned year, unsigned month, unsigned day) {
    struct Month {
        std::int16_t before; // days of its year, leap day aside
        std::int16_t days;   // leap day aside
    };
    static constexpr Month kMonths[13] = {{0, 0},    {0, 31},   {31, 28},  {59, 31},  {90, 30},  {120, 31}, {151, 30},
                                          {181, 31}, {212, 31}, {243, 30}, {273, 31}, {304, 30}, {334, 31}};
    if (year - 1 >= 9999 || month - 1 >= 12) return std::nullopt;
    const bool leap = (year & 3) == 0 && (year % 25 != 0 || (year & 15) == 0);
    const Month in = kMonths[month];
    if (day - 1 >= static_cast<unsigned>(in.days) + (leap && month == 2)) return std::nullopt;
    const unsigned before = year - 1;
    const unsigned centuries = before / 100;
    return kFirstDay +
           static_cast<std::int32_t>(before * 365 + before / 4 - centuries + centuries / 4 + (leap && month > 2) + day -
                                     1) +
           in.before;
}

} // namespace

std::optional<std::int32_t> days_from_civil(int year, unsigned month, unsigned day) {
    return day_number(static_cast<unsigned>(year), month, day); // a year below 1 becomes one far too large
}

namespace {

std::optional<std::int32_t> date_at(const char* text) { // 10 bytes
    const auto pairs = pair_digits(text, "0000-00-");
    if (!pairs || !is_digit(text[8]) || !is_digit(text[9])) return std::nullopt;
    const unsigned year = byte_of(*pairs, 0) * 100 + byte_of(*pairs, 2);
    const auto day = static_cast<unsigned>(text[8] - '0') * 10 + static_cast<unsigned>(text[9] - '0');
    return day_number(year, byte_of(*pairs, 5), day);
}

struct TimeAndZone {
    std::int64_t time = 0;         // microseconds since midnight
    std::int64_t zone_minutes = 0; // ahead of UTC
};

// `hh:mm:ss[.f][Z|+hh:mm]`. Zones as far as XML Schema knows them, 14 hours.
std::optional<TimeAndZone> time_and_zone(std::string_view text) {
    if (text.size() < 8) return std::nullopt;
    const auto pairs = pair_digits(text.data(), "00:00:00");
    if (!pairs) return std::nullopt;
    const auto time = time_of_day(byte_of(*pairs, 0), byte_of(*pairs, 3), byte_of(*pairs, 6));
    if (!time) return std::nullopt;
    TimeAndZone found{.time = *time};
    if (text.size() == 8) return found;

    Cursor cursor(text.substr(8));
    if (cursor.take('.')) {
        const auto fraction = cursor.take_fraction();
        if (!fraction) return std::nullopt;
        found.time += *fraction;
    }
    if (cursor.at_end() || (cursor.take('Z') && cursor.at_end())) return found;
    const bool behind = cursor.peek() == '-';
    if (!cursor.take('+') && !cursor.take('-')) return std::nullopt;
    if (cursor.digits_ahead() != 2) return std::nullopt;
    const unsigned hours = cursor.take_digits(2);
    if (!cursor.take(':') || cursor.digits_ahead() != 2) return std::nullopt;
    const unsigned minutes = cursor.take_digits(2);
    if (!cursor.at_end() || minutes > 59 || hours * 60 + minutes > 14 * 60) return std::nullopt;
    found.zone_minutes = hours * 60 + minutes;
    if (behind) found.zone_minutes = -found.zone_minutes;
    return found;
}

} // namespace

std::optional<std::int32_t> parse_date(std::string_view text) {
    if (text.size() != 10) return std::nullopt;
    return date_at(text.data());
}

std::optional<std::int64_t> parse_time(std::string_view text) {
    const auto found = time_and_zone(text);
    if (!found || found->zone_minutes != 0) return std::nullopt;
    return found->time;
}

std::optional<std::int64_t> parse_datetime(std::string_view text) {
    if (text.size() < 19 || text[10] != 'T') return std::nullopt;
    const auto day = date_at(text.data());
    if (!day) return std::nullopt;
    const auto found = time_and_zone(text.substr(11));
    if (!found) return std::nullopt;
    return instant(*day, found->time, found->zone_minutes);
}

std::string format_date(std::int32_t days) {
    // Years are counted from March of year 0, so that the leap day is the last of its year and months have a regular
    // length (after H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days).
    const std::int64_t since = std::int64_t{days} + 719'468;
    const std::int64_t era = (since >= 0 ? since : since - 146'096) / 146'097; // of 400 years
    const std::int64_t day_of_era = since - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    return fmt::format("{}{:04}-{:02}-{:02}", year < 0 ? "-" : "", year < 0 ? -year : year, month, day);
}

std::string format_time(std::int64_t microseconds) {
    const std::int64_t seconds = microseconds / kMicrosecondsPerSecond;
    std::string text = fmt::format("{:02}:{:02}:{:02}", seconds / 3'600, seconds / 60 % 60, seconds % 60);
    if (const std::int64_t fraction = microseconds % kMicrosecondsPerSecond; fraction != 0) {
        text += fmt::format(".{:06}", fraction);
        text.erase(text.find_last_not_of('0') + 1);
    }
    return text;
}

std::string format_datetime(std::int64_t microseconds) {
    std::int64_t day = microseconds / kMicrosecondsPerDay;
    if (microseconds % kMicrosecondsPerDay < 0) --day;
    return format_date(static_cast<std::int32_t>(day)) + "T" + format_time(microseconds - day * kMicrosecondsPerDay);
}

std::string format_number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "INF" : "-INF";
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

} // namespace inlet
