// strptime as Python reads it (https://docs.python.org/3/library/datetime.html, format codes): numbers may lack their
// leading zero, names and literals match in any case, a space stands for any run of spaces. Where a number may be
// shorter, the longer reading is tried first.
#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <span>

#include <fmt/format.h>

#include "records/temporal.hpp"

namespace inlet {

using namespace temporal;

namespace {

constexpr std::string_view kDirectives = "YymdHIpMSfbBaAjzZ%";
constexpr std::string_view kDateDirectives = "YymdjbB";
constexpr std::string_view kTimeDirectives = "HIpMSf";

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// What has been read so far; as strptime has it, what the pattern does not ask for is 1900-01-01 00:00.
struct Parts {
    int year = 1900;
    unsigned month = 1;
    unsigned day = 1;
    unsigned day_of_year = 0; // 0: not given
    unsigned hour = 0;
    bool hour_of_12 = false;
    bool afternoon = false;
    unsigned minute = 0;
    unsigned second = 0;
    unsigned microsecond = 0;
    std::int64_t zone_minutes = 0;
};

// The readings of a number of at most digits_max digits at the start of text, longest first, into `lengths`; how many
// there are.
std::size_t readings(std::string_view text, std::size_t digits_max, unsigned least, unsigned most,
                     std::array<std::size_t, 6>& lengths) {
    std::size_t available = 0;
    while (available < digits_max && available < text.size() && is_digit(text[available])) ++available;
    std::size_t count = 0;
    for (std::size_t length = available; length > 0; --length) {
        unsigned value = 0;
        for (std::size_t i = 0; i < length; ++i) value = value * 10 + static_cast<unsigned>(text[i] - '0');
        if (value >= least && value <= most) lengths[count++] = length;
    }
    return count;
}

unsigned number_of(std::string_view digits) {
    unsigned value = 0;
    for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
    return value;
}

// Length of the zone at the start of the text (`Z`, `+hhmm`, `+hh:mm`), 0 if there is none.
std::size_t read_zone(std::string_view text, std::int64_t& minutes) {
    if (text.starts_with('Z')) {
        minutes = 0;
        return 1;
    }
    Cursor cursor(text);
    const bool behind = cursor.peek() == '-';
    if (!cursor.take('+') && !cursor.take('-')) return 0;
    if (cursor.digits_ahead() < 2) return 0;
    const unsigned hours = cursor.take_digits(2);
    const bool colon = cursor.take(':');
    if (cursor.digits_ahead() < 2) return 0;
    const unsigned of_hour = cursor.take_digits(2);
    if (hours > 23 || of_hour > 59) return 0;
    minutes = hours * 60 + of_hour;
    if (behind) minutes = -minutes;
    return colon ? 6 : 5;
}

// Length of the month's or weekday's name at the start of the text, in full or its first three letters; 0 if there is
// none.
std::size_t read_name(std::string_view text, bool in_full, std::optional<unsigned> (*lookup)(std::string_view),
                      unsigned& value) {
    const std::size_t longest = in_full ? 9 : 3;
    for (std::size_t length = std::min(text.size(), longest); length >= 3; --length) {
        const auto found = lookup(text.substr(0, length));
        const bool short_form = length == 3 && lower(text[2]) != 'y'; // May is both; no weekday is
        if (found && !(in_full && short_form)) {
            value = *found;
            return length;
        }
    }
    return 0;
}

template <class Step>
bool match(std::span<const Step> steps, std::string_view text, Parts& parts);

// Tries each reading of a number with what follows.
template <class Step, class Set>
bool match_number(std::span<const Step> rest, std::string_view text, Parts& parts, std::size_t digits_max,
                  unsigned least, unsigned most, Set set) {
    std::array<std::size_t, 6> lengths{};
    const std::size_t count = readings(text, digits_max, least, most, lengths);
    for (std::size_t i = 0; i < count; ++i) {
        Parts attempt = parts;
        set(attempt, text.substr(0, lengths[i]));
        if (match(rest, text.substr(lengths[i]), attempt)) {
            parts = attempt;
            return true;
        }
    }
    return false;
}

template <class Step>
bool match(std::span<const Step> steps, std::string_view text, Parts& parts) {
    if (steps.empty()) return text.empty();
    const Step& step = steps.front();
    const auto rest = steps.subspan(1);
    const auto number = [&](std::size_t digits_max, unsigned least, unsigned most, auto set) {
        return match_number(rest, text, parts, digits_max, least, most, set);
    };
    switch (step.directive) {
    case 0:
        if (is_space(step.literal)) {
            if (text.empty() || !is_space(text.front())) return false;
            std::size_t end = 0;
            while (end < text.size() && is_space(text[end])) ++end;
            return match(rest, text.substr(end), parts);
        }
        return !text.empty() && lower(text.front()) == lower(step.literal) && match(rest, text.substr(1), parts);
    case 'Y':
        if (text.size() < 4 || !is_digit(text[0]) || !is_digit(text[1]) || !is_digit(text[2]) || !is_digit(text[3]))
            return false;
        parts.year = static_cast<int>(number_of(text.substr(0, 4)));
        return match(rest, text.substr(4), parts);
    case 'y': {
        if (text.size() < 2 || !is_digit(text[0]) || !is_digit(text[1])) return false;
        const int value = static_cast<int>(number_of(text.substr(0, 2)));
        parts.year = value + (value < 69 ? 2000 : 1900); // POSIX
        return match(rest, text.substr(2), parts);
    }
    case 'm':
        return number(2, 1, 12, [](Parts& to, std::string_view digits) { to.month = number_of(digits); });
    case 'd':
        if (text.size() > 1 && text[0] == ' ' && is_digit(text[1]) && text[1] != '0') { // padded, as by asctime
            parts.day = number_of(text.substr(1, 1));
            return match(rest, text.substr(2), parts);
        }
        return number(2, 1, 31, [](Parts& to, std::string_view digits) { to.day = number_of(digits); });
    case 'j':
        return number(3, 1, 366, [](Parts& to, std::string_view digits) { to.day_of_year = number_of(digits); });
    case 'H':
        return number(2, 0, 23, [](Parts& to, std::string_view digits) { to.hour = number_of(digits); });
    case 'I':
        return number(2, 1, 12, [](Parts& to, std::string_view digits) {
            to.hour = number_of(digits) % 12;
            to.hour_of_12 = true;
        });
    case 'M':
        return number(2, 0, 59, [](Parts& to, std::string_view digits) { to.minute = number_of(digits); });
    case 'S': // a leap second is read as one, and then refused: it has no place in our times
        return number(2, 0, 61, [](Parts& to, std::string_view digits) { to.second = number_of(digits); });
    case 'f':
        return number(6, 0, 999'999, [](Parts& to, std::string_view digits) {
            to.microsecond = number_of(digits);
            for (std::size_t i = digits.size(); i < 6; ++i) to.microsecond *= 10;
        });
    case 'p':
        if (text.size() < 2 || lower(text[1]) != 'm' || (lower(text[0]) != 'a' && lower(text[0]) != 'p')) return false;
        parts.afternoon = lower(text[0]) == 'p';
        return match(rest, text.substr(2), parts);
    case 'b':
    case 'B': {
        const std::size_t length = read_name(text, step.directive == 'B', month_of, parts.month);
        return length > 0 && match(rest, text.substr(length), parts);
    }
    case 'a':
    case 'A': {
        unsigned ignored = 0; // strptime does not compare it with the date either
        const std::size_t length = read_name(text, step.directive == 'A', weekday_of, ignored);
        return length > 0 && match(rest, text.substr(length), parts);
    }
    case 'z': {
        const std::size_t length = read_zone(text, parts.zone_minutes);
        return length > 0 && match(rest, text.substr(length), parts);
    }
    case 'Z': {
        const std::string_view name = text.substr(0, 3);
        const auto is = [&](std::string_view wanted) {
            return name.size() == 3 && lower(name[0]) == wanted[0] && lower(name[1]) == wanted[1] &&
                   lower(name[2]) == wanted[2];
        };
        return (is("utc") || is("gmt")) && match(rest, text.substr(3), parts);
    }
    default:
        return false;
    }
}

std::optional<std::int32_t> day_of(const Parts& parts) {
    if (parts.day_of_year == 0) return days_from_civil(parts.year, parts.month, parts.day);
    const auto first = days_from_civil(parts.year, 1, 1);
    const auto last = days_from_civil(parts.year, 12, 31);
    if (!first || *first + static_cast<std::int32_t>(parts.day_of_year) - 1 > *last) return std::nullopt;
    return *first + static_cast<std::int32_t>(parts.day_of_year) - 1;
}

} // namespace

Result<TemporalPattern> TemporalPattern::compile(std::string_view pattern, Kind kind) {
    TemporalPattern compiled;
    compiled.kind_ = kind;
    bool has_date = false;
    bool has_time = false;
    std::string seen;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c != '%') {
            const bool repeated_space = is_space(c) && !compiled.steps_.empty() &&
                                        compiled.steps_.back().directive == 0 &&
                                        is_space(compiled.steps_.back().literal);
            if (!repeated_space) compiled.steps_.push_back({.directive = 0, .literal = c});
            continue;
        }
        if (++i == pattern.size())
            return fail(FailureCode::schema_error, fmt::format("the format `{}` ends in a single %", pattern));
        const char directive = pattern[i];
        if (kDirectives.find(directive) == std::string_view::npos) {
            return fail(FailureCode::schema_error,
                        fmt::format("the format `{}` holds %{}, which is not known; known are %Y %y %m %d %j %b %B %a "
                                    "%A %H %I %p %M %S %f %z %Z %%",
                                    pattern, directive));
        }
        if (directive == '%') {
            compiled.steps_.push_back({.directive = 0, .literal = '%'});
            continue;
        }
        if (seen.find(directive) != std::string::npos) {
            return fail(FailureCode::schema_error, fmt::format("the format `{}` holds %{} twice", pattern, directive));
        }
        seen += directive;
        has_date = has_date || kDateDirectives.find(directive) != std::string_view::npos;
        has_time = has_time || kTimeDirectives.find(directive) != std::string_view::npos;
        compiled.steps_.push_back({.directive = directive, .literal = 0});
    }
    if (kind != Kind::time && !has_date) {
        return fail(FailureCode::schema_error, fmt::format("the format `{}` reads no part of a date", pattern));
    }
    if (kind == Kind::time && !has_time) {
        return fail(FailureCode::schema_error, fmt::format("the format `{}` reads no part of a time", pattern));
    }
    return compiled;
}

std::optional<std::int64_t> TemporalPattern::parse(std::string_view text) const {
    Parts parts;
    if (!match(std::span<const Step>(steps_), text, parts)) return std::nullopt;
    if (parts.hour_of_12 && parts.afternoon) parts.hour += 12;
    const auto day = day_of(parts);
    const auto time = time_of_day(parts.hour, parts.minute, parts.second, parts.microsecond);
    if (!day || !time) return std::nullopt;
    switch (kind_) {
    case Kind::date:
        return *day;
    case Kind::time:
        return parts.zone_minutes == 0 ? time : std::nullopt; // as parse_time
    case Kind::datetime:
        return instant(*day, *time, parts.zone_minutes);
    }
    return std::nullopt;
}

std::string TemporalPattern::format(std::int64_t value) const {
    using namespace std::chrono;
    const microseconds moment = kind_ == Kind::date ? microseconds(days(value)) : microseconds(value);
    const days since = floor<days>(moment);
    const year_month_day date{sys_days(since)};
    const hh_mm_ss time(moment - since);
    const auto hour = time.hours().count();
    const unsigned weekday_number = weekday(sys_days(since)).iso_encoding();
    std::string out;
    const auto to = std::back_inserter(out);
    for (const Step& step : steps_) {
        switch (step.directive) {
        case 0:
            out += step.literal;
            break;
        case 'Y':
            fmt::format_to(to, "{:04}", static_cast<int>(date.year()));
            break;
        case 'y':
            fmt::format_to(to, "{:02}", static_cast<int>(date.year()) % 100);
            break;
        case 'm':
            fmt::format_to(to, "{:02}", static_cast<unsigned>(date.month()));
            break;
        case 'd':
            fmt::format_to(to, "{:02}", static_cast<unsigned>(date.day()));
            break;
        case 'j':
            fmt::format_to(to, "{:03}", (sys_days(since) - sys_days(date.year() / January / 1)).count() + 1);
            break;
        case 'b':
        case 'B': {
            const std::string_view name = month_name(static_cast<unsigned>(date.month()));
            out += step.directive == 'B' ? name : name.substr(0, 3);
            break;
        }
        case 'a':
        case 'A': {
            const std::string_view name = weekday_name(weekday_number);
            out += step.directive == 'A' ? name : name.substr(0, 3);
            break;
        }
        case 'H':
            fmt::format_to(to, "{:02}", hour);
            break;
        case 'I':
            fmt::format_to(to, "{:02}", hour % 12 == 0 ? 12 : hour % 12);
            break;
        case 'p':
            out += hour < 12 ? "AM" : "PM";
            break;
        case 'M':
            fmt::format_to(to, "{:02}", time.minutes().count());
            break;
        case 'S':
            fmt::format_to(to, "{:02}", time.seconds().count());
            break;
        case 'f':
            fmt::format_to(to, "{:06}", time.subseconds().count());
            break;
        case 'z':
            out += "+0000";
            break;
        case 'Z':
            out += "UTC";
            break;
        default:
            CHECK(false); // compile() knows no other
        }
    }
    return out;
}

} // namespace inlet
