// Format `any`: the notations that can mean only one thing, whoever wrote them. What depends on the writer's country is
// not read.
#include "records/temporal.hpp"

namespace inlet {

using namespace temporal;

namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::optional<unsigned> take_month_name(Cursor& cursor) {
    const std::string_view name = cursor.letters_ahead();
    auto month = month_of(name);
    if (!month && month_of(name.substr(0, 3)) == 9U && name.size() == 4 && lower(name[3]) == 't') month = 9U; // Sept
    if (!month) return std::nullopt;
    cursor.skip(name.size());
    return month;
}

// One or two digits, and th, st, nd, rd if they come.
std::optional<unsigned> take_day(Cursor& cursor) {
    const std::size_t digits = cursor.digits_ahead();
    if (digits < 1 || digits > 2) return std::nullopt;
    const unsigned day = cursor.take_digits(digits);
    const std::string_view suffix = cursor.letters_ahead();
    if (suffix.size() == 2) {
        const char a = lower(suffix[0]);
        const char b = lower(suffix[1]);
        if ((a == 't' && b == 'h') || (a == 's' && b == 't') || (a == 'n' && b == 'd') || (a == 'r' && b == 'd'))
            cursor.skip(2);
    }
    return day;
}

std::optional<int> take_year(Cursor& cursor) {
    if (cursor.digits_ahead() != 4) return std::nullopt;
    return static_cast<int>(cursor.take_digits(4));
}

// Between the parts of a date that names its month: spaces, a comma, or one of - / .
bool take_separator(Cursor& cursor) {
    const bool spaces = cursor.take_spaces();
    const bool mark = cursor.take(',') || cursor.take('-') || cursor.take('/') || cursor.take('.');
    return cursor.take_spaces() || mark || spaces;
}

void skip_weekday(Cursor& cursor) {
    const std::string_view name = cursor.letters_ahead();
    if (!weekday_of(name)) return;
    cursor.skip(name.size());
    cursor.take('.');
    cursor.take(',');
    cursor.take_spaces();
}

// 2020-02-03, 2020/2/3, 2020.02.03, 2020-Feb-03; the year is read.
std::optional<std::int32_t> take_after_year(Cursor& cursor, int year) {
    const char separator = cursor.peek();
    if (is_letter(cursor.peek(1))) {
        if (!take_separator(cursor)) return std::nullopt;
        const auto month = take_month_name(cursor);
        if (!month || !take_separator(cursor)) return std::nullopt;
        const auto day = take_day(cursor);
        if (!day) return std::nullopt;
        return days_from_civil(year, *month, *day);
    }
    if (separator != '-' && separator != '/' && separator != '.') return std::nullopt;
    cursor.skip(1);
    std::size_t digits = cursor.digits_ahead();
    if (digits < 1 || digits > 2) return std::nullopt;
    const unsigned month = cursor.take_digits(digits);
    if (!cursor.take(separator)) return std::nullopt;
    digits = cursor.digits_ahead();
    if (digits < 1 || digits > 2) return std::nullopt;
    return days_from_civil(year, month, cursor.take_digits(digits));
}

// 3 Feb 2020, 3-Feb-2020; 13/02/2020 and 02/13/2020, where only one order can be meant.
std::optional<std::int32_t> take_from_day(Cursor& cursor) {
    const auto first = take_day(cursor);
    if (!first) return std::nullopt;
    const char separator = cursor.peek();
    if (!is_digit(cursor.peek(1)) || separator == ' ') {
        take_separator(cursor);
        const auto month = take_month_name(cursor);
        if (!month || !take_separator(cursor)) return std::nullopt;
        const auto year = take_year(cursor);
        if (!year) return std::nullopt;
        return days_from_civil(*year, *month, *first);
    }
    if (separator != '-' && separator != '/' && separator != '.') return std::nullopt;
    cursor.skip(1);
    const std::size_t digits = cursor.digits_ahead();
    if (digits < 1 || digits > 2) return std::nullopt;
    const unsigned second = cursor.take_digits(digits);
    if (!cursor.take(separator)) return std::nullopt;
    const auto year = take_year(cursor);
    if (!year) return std::nullopt;
    const auto day_first = days_from_civil(*year, second, *first);
    const auto month_first = days_from_civil(*year, *first, second);
    if (day_first && month_first && *day_first != *month_first) return std::nullopt;
    return day_first ? day_first : month_first;
}

std::optional<std::int32_t> take_date(Cursor& cursor) {
    skip_weekday(cursor);
    if (is_letter(cursor.peek())) { // Feb 3, 2020
        const auto month = take_month_name(cursor);
        if (!month || !take_separator(cursor)) return std::nullopt;
        const auto day = take_day(cursor);
        if (!day || !take_separator(cursor)) return std::nullopt;
        const auto year = take_year(cursor);
        if (!year) return std::nullopt;
        return days_from_civil(*year, *month, *day);
    }
    switch (cursor.digits_ahead()) {
    case 8: {
        const auto year = static_cast<int>(cursor.take_digits(4));
        const unsigned month = cursor.take_digits(2);
        return days_from_civil(year, month, cursor.take_digits(2));
    }
    case 4:
        return take_after_year(cursor, static_cast<int>(cursor.take_digits(4)));
    case 1:
    case 2:
        return take_from_day(cursor);
    default:
        return std::nullopt;
    }
}

// 10:20, 10:20:30, 10:20:30.123, 3:05 PM, 3 pm
std::optional<std::int64_t> take_time(Cursor& cursor) {
    const std::size_t digits = cursor.digits_ahead();
    if (digits < 1 || digits > 2) return std::nullopt;
    unsigned hour = cursor.take_digits(digits);
    unsigned minute = 0;
    unsigned second = 0;
    unsigned microsecond = 0;
    const bool minutes_given = cursor.take(':');
    if (minutes_given) {
        if (cursor.digits_ahead() != 2) return std::nullopt;
        minute = cursor.take_digits(2);
        if (cursor.take(':')) {
            if (cursor.digits_ahead() != 2) return std::nullopt;
            second = cursor.take_digits(2);
            if (cursor.take('.') || cursor.take(',')) {
                const auto fraction = cursor.take_fraction();
                if (!fraction) return std::nullopt;
                microsecond = *fraction;
            }
        }
    }
    Cursor ahead = cursor;
    ahead.take_spaces();
    const char half = lower(ahead.peek());
    if (half == 'a' || half == 'p') {
        ahead.skip(1);
        const bool dotted = ahead.take('.');
        if (lower(ahead.peek()) != 'm') return std::nullopt;
        ahead.skip(1);
        if (dotted && !ahead.take('.')) return std::nullopt;
        if (hour < 1 || hour > 12) return std::nullopt;
        hour = hour % 12 + (half == 'p' ? 12 : 0);
        cursor = ahead;
    } else if (!minutes_given) {
        return std::nullopt;
    }
    return time_of_day(hour, minute, second, microsecond);
}

// 102030 and 1020, as ISO 8601's basic format has them after YYYYMMDDT
std::optional<std::int64_t> take_basic_time(Cursor& cursor) {
    const std::size_t digits = cursor.digits_ahead();
    if (digits != 4 && digits != 6) return std::nullopt;
    const unsigned hour = cursor.take_digits(2);
    const unsigned minute = cursor.take_digits(2);
    unsigned second = 0;
    unsigned microsecond = 0;
    if (digits == 6) {
        second = cursor.take_digits(2);
        if (cursor.take('.')) {
            const auto fraction = cursor.take_fraction();
            if (!fraction) return std::nullopt;
            microsecond = *fraction;
        }
    }
    return time_of_day(hour, minute, second, microsecond);
}

// Z, UTC, GMT, UT; +01:00, +0100, +01. Nothing is UTC too. Other names mean different zones to different people.
std::optional<std::int64_t> take_zone(Cursor& cursor) {
    cursor.take_spaces();
    const std::string_view name = cursor.letters_ahead();
    if (!name.empty()) {
        std::string lowered;
        for (const char c : name) lowered += lower(c);
        if (lowered != "z" && lowered != "utc" && lowered != "gmt" && lowered != "ut") return std::nullopt;
        cursor.skip(name.size());
        return 0;
    }
    const bool behind = cursor.peek() == '-';
    if (!cursor.take('+') && !cursor.take('-')) return 0;
    const std::size_t digits = cursor.digits_ahead();
    if (digits != 2 && digits != 4) return std::nullopt;
    const unsigned hours = cursor.take_digits(2);
    unsigned minutes = 0;
    if (digits == 4) {
        minutes = cursor.take_digits(2);
    } else if (cursor.take(':')) {
        if (cursor.digits_ahead() != 2) return std::nullopt;
        minutes = cursor.take_digits(2);
    }
    if (minutes > 59 || hours * 60 + minutes > 14 * 60) return std::nullopt;
    const std::int64_t zone = hours * 60 + minutes;
    return behind ? -zone : zone;
}

// Mon Feb  3 10:20:30 2020, as asctime and date print it
std::optional<std::int64_t> read_asctime(std::string_view text) {
    Cursor cursor(text);
    skip_weekday(cursor);
    const auto month = take_month_name(cursor);
    if (!month || !cursor.take_spaces()) return std::nullopt;
    const auto day = take_day(cursor);
    if (!day || !cursor.take_spaces()) return std::nullopt;
    const auto time = take_time(cursor);
    if (!time) return std::nullopt;
    const auto zone = take_zone(cursor);
    cursor.take_spaces();
    const auto year = take_year(cursor);
    if (!zone || !year || !cursor.at_end()) return std::nullopt;
    const auto date = days_from_civil(*year, *month, *day);
    if (!date) return std::nullopt;
    return instant(*date, *time, *zone);
}

} // namespace

std::optional<std::int32_t> parse_date_any(std::string_view text) {
    Cursor cursor(trimmed(text));
    const auto date = take_date(cursor);
    if (!date || cursor.at_end()) return date;
    // Many programs print a date with the time of its midnight; any other time would be lost.
    if (!cursor.take('T') && !cursor.take_spaces()) return std::nullopt;
    const auto time = take_time(cursor);
    if (time != 0 || !cursor.at_end()) return std::nullopt;
    return date;
}

std::optional<std::int64_t> parse_time_any(std::string_view text) {
    Cursor cursor(trimmed(text));
    const auto time = take_time(cursor);
    if (!time || take_zone(cursor) != 0 || !cursor.at_end()) return std::nullopt;
    return time;
}

std::optional<std::int64_t> parse_datetime_any(std::string_view text) {
    text = trimmed(text);
    if (const auto read = read_asctime(text)) return read;
    Cursor cursor(text);
    const bool basic = cursor.digits_ahead() == 8;
    const auto date = take_date(cursor);
    if (!date) return std::nullopt;
    if (cursor.at_end()) return *date * kMicrosecondsPerDay;
    if (!cursor.take('T') && !cursor.take('t')) {
        const bool comma = cursor.take(',');
        if (!cursor.take_spaces() && !comma) return std::nullopt;
    }
    const auto time = basic && cursor.digits_ahead() > 2 ? take_basic_time(cursor) : take_time(cursor);
    if (!time) return std::nullopt;
    const auto zone = take_zone(cursor);
    if (!zone || !cursor.at_end()) return std::nullopt;
    return instant(*date, *time, *zone);
}

} // namespace inlet
