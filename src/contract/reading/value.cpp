// Plain, slow and exact readers of single values. See value.hpp.
#include "contract/reading/value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

namespace inlet::reading {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

static_assert(std::numeric_limits<Value>::digits >= 63);

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

constexpr std::array<std::string_view, 12> kMonths{"january",   "february", "march",    "april",
                                                   "may",       "june",     "july",     "august",
                                                   "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays{"monday", "tuesday",  "wednesday", "thursday",
                                                    "friday", "saturday", "sunday"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// What a date or time text said, part by part.
struct Moment {
    int year = 1900;
    int month = 1;
    int day = 1;
    int day_of_year = 0; // 0: not said
    int hour = 0;
    int minute = 0;
    int second = 0;
    int microsecond = 0;
    bool twelve_hours = false;
    bool afternoon = false;
    std::int64_t zone_seconds = 0; // east of UTC
};

// Reads parts off the front of a text.
class Cursor {
public:
    explicit Cursor(std::string_view text) : text_(text) {}

    bool at_end() const { return text_.empty(); }
    char peek() const { return text_.empty() ? '\0' : text_.front(); }
    bool take(char wanted) {
        if (text_.empty() || text_.front() != wanted) return false;
        text_.remove_prefix(1);
        return true;
    }
    bool take_spaces() {
        const bool any = !text_.empty() && is_space(text_.front());
        while (!text_.empty() && is_space(text_.front())) text_.remove_prefix(1);
        return any;
    }
    // `fewest` to `most` digits, as many as there are; between `low` and `high`.
    bool number(std::size_t fewest, std::size_t most, int low, int high, int& out) {
        std::size_t digits = 0;
        int value = 0;
        while (digits < most && digits < text_.size() && is_digit(text_[digits]))
            value = value * 10 + (text_[digits++] - '0');
        if (digits < fewest || value < low || value > high) return false;
        text_.remove_prefix(digits);
        out = value;
        return true;
    }
    bool fraction(int& microseconds) { // 1 to 6 digits
        std::size_t digits = 0;
        int value = 0;
        while (digits < 6 && digits < text_.size() && is_digit(text_[digits]))
            value = value * 10 + (text_[digits++] - '0');
        if (digits == 0) return false;
        text_.remove_prefix(digits);
        for (; digits < 6; ++digits) value *= 10;
        microseconds = value;
        return true;
    }
    // The position of the name in `names`, written in full or by its first three letters.
    template <std::size_t Count>
    std::optional<int> name(const std::array<std::string_view, Count>& names) {
        for (const bool full : {true, false}) {
            for (std::size_t i = 0; i < Count; ++i) {
                if (take_word(full ? names[i] : names[i].substr(0, 3))) return static_cast<int>(i);
            }
        }
        return std::nullopt;
    }
    bool take_word(std::string_view word) { // lower case
        if (text_.size() < word.size()) return false;
        for (std::size_t i = 0; i < word.size(); ++i) {
            if (lower(text_[i]) != word[i]) return false;
        }
        text_.remove_prefix(word.size());
        return true;
    }
    // Z, +hh:mm or, if `compact`, +hhmm.
    bool zone(bool compact, std::int64_t& seconds) {
        if (take('Z')) {
            seconds = 0;
            return true;
        }
        const bool west = peek() == '-';
        if (!take('+') && !take('-')) return false;
        int hours = 0;
        int minutes = 0;
        if (!number(2, 2, 0, 23, hours)) return false;
        if (!take(':') && !compact) return false;
        if (!number(2, 2, 0, 59, minutes)) return false;
        seconds = (hours * std::int64_t{3600} + minutes * std::int64_t{60}) * (west ? -1 : 1);
        return true;
    }

private:
    std::string_view text_;
};

std::optional<std::int64_t> microseconds(const Moment& moment, FieldType type) {
    std::int64_t date = 0;
    if (type != FieldType::time) {
        if (moment.year < 1) return std::nullopt;
        sys_days day;
        if (moment.day_of_year > 0) {
            const std::chrono::year year(moment.year);
            day = sys_days(year / 1 / 1) + days(moment.day_of_year - 1);
            if (year_month_day(day).year() != year) return std::nullopt;
        } else {
            const year_month_day civil(std::chrono::year(moment.year),
                                       std::chrono::month(static_cast<unsigned>(moment.month)),
                                       std::chrono::day(static_cast<unsigned>(moment.day)));
            if (!civil.ok()) return std::nullopt;
            day = sys_days(civil);
        }
        date = day.time_since_epoch().count() * kDay;
        if (type == FieldType::date) return date;
    }
    int hour = moment.hour;
    if (moment.twelve_hours) hour = hour % 12 + (moment.afternoon ? 12 : 0);
    const std::int64_t clock = (hour * 3600 + moment.minute * 60 + moment.second) * kSecond + moment.microsecond;
    if (type == FieldType::time) {
        if (moment.zone_seconds != 0) return std::nullopt; // a time alone has no day to be moved into
        return clock;
    }
    return date + clock - moment.zone_seconds * kSecond;
}

// ISO 8601 as Table Schema's default formats have it.
std::optional<std::int64_t> read_iso(std::string_view text, FieldType type) {
    Cursor cursor(text);
    Moment moment;
    if (type != FieldType::time) {
        if (!cursor.number(4, 4, 1, 9999, moment.year) || !cursor.take('-') ||
            !cursor.number(2, 2, 1, 12, moment.month) || !cursor.take('-') || !cursor.number(2, 2, 1, 31, moment.day)) {
            return std::nullopt;
        }
        if (type == FieldType::datetime && !cursor.take('T')) return std::nullopt;
    }
    if (type != FieldType::date) {
        if (!cursor.number(2, 2, 0, 23, moment.hour) || !cursor.take(':') ||
            !cursor.number(2, 2, 0, 59, moment.minute) || !cursor.take(':') ||
            !cursor.number(2, 2, 0, 59, moment.second)) {
            return std::nullopt;
        }
        if (cursor.take('.') && !cursor.fraction(moment.microsecond)) return std::nullopt;
        if (!cursor.at_end() && !cursor.zone(false, moment.zone_seconds)) return std::nullopt;
    }
    if (!cursor.at_end()) return std::nullopt;
    return microseconds(moment, type);
}

bool read_directive(char directive, Cursor& cursor, Moment& moment) {
    switch (directive) {
    case 'Y':
        return cursor.number(4, 4, 1, 9999, moment.year);
    case 'y':
        if (!cursor.number(2, 2, 0, 99, moment.year)) return false;
        moment.year += moment.year < 69 ? 2000 : 1900; // POSIX strptime
        return true;
    case 'm':
        return cursor.number(1, 2, 1, 12, moment.month);
    case 'd':
        return cursor.number(1, 2, 1, 31, moment.day);
    case 'j':
        return cursor.number(1, 3, 1, 366, moment.day_of_year);
    case 'H':
        return cursor.number(1, 2, 0, 23, moment.hour);
    case 'I':
        moment.twelve_hours = true;
        return cursor.number(1, 2, 1, 12, moment.hour);
    case 'M':
        return cursor.number(1, 2, 0, 59, moment.minute);
    case 'S':
        return cursor.number(1, 2, 0, 59, moment.second);
    case 'f':
        return cursor.fraction(moment.microsecond);
    case 'p':
        moment.afternoon = cursor.take_word("pm");
        return moment.afternoon || cursor.take_word("am");
    case 'b':
    case 'B':
        if (const auto month = cursor.name(kMonths)) {
            moment.month = *month + 1;
            return true;
        }
        return false;
    case 'a':
    case 'A':
        return cursor.name(kWeekdays).has_value();
    case 'z':
        return cursor.zone(true, moment.zone_seconds);
    case 'Z':
        return cursor.take_word("utc") || cursor.take_word("gmt") || cursor.take_word("z");
    case '%':
        return cursor.take('%');
    default:
        return false;
    }
}

std::optional<std::int64_t> read_pattern(std::string_view pattern, std::string_view text, FieldType type) {
    Cursor cursor(text);
    Moment moment;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '%' && i + 1 < pattern.size()) {
            if (!read_directive(pattern[++i], cursor, moment)) return std::nullopt;
        } else if (is_space(pattern[i])) {
            if (!cursor.take_spaces()) return std::nullopt;
            while (i + 1 < pattern.size() && is_space(pattern[i + 1])) ++i;
        } else if (!cursor.take(pattern[i])) {
            return std::nullopt;
        }
    }
    if (!cursor.at_end()) return std::nullopt;
    return microseconds(moment, type);
}

std::optional<Value> read_temporal(const Field& field, std::string_view text) {
    const auto value = field.format == "default" || field.format == "any"
                           ? read_iso(text, field.type)
                           : read_pattern(field.format, text, field.type);
    if (!value) return std::nullopt;
    return static_cast<Value>(*value);
}

// The text with group characters taken out and the decimal character made a point: sign, digits, point, digits,
// exponent.
std::optional<std::string> plain_digits(const Field& field, std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size();) {
        if (field.type == FieldType::number && !field.decimal_char.empty() &&
            text.substr(i).starts_with(field.decimal_char)) {
            plain += '.';
            i += field.decimal_char.size();
        } else if (!field.group_char.empty() && text.substr(i).starts_with(field.group_char)) {
            i += field.group_char.size();
        } else if (text[i] == '.') {
            return std::nullopt; // not this field's point
        } else {
            plain += text[i++];
        }
    }
    if (plain.starts_with('+')) {
        plain.erase(0, 1);
        if (plain.starts_with('-')) return std::nullopt;
    }
    return plain;
}

std::optional<Value> read_integer(const Field& field, std::string_view text) {
    const auto plain = plain_digits(field, text);
    if (!plain) return std::nullopt;
    std::int64_t number = 0;
    const char* end = plain->data() + plain->size();
    const auto [stop, error] = std::from_chars(plain->data(), end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return static_cast<Value>(number);
}

std::optional<Value> read_number(const Field& field, std::string_view text) {
    const auto plain = plain_digits(field, text);
    if (!plain || plain->find_first_not_of("0123456789.+-eE") != std::string::npos) return std::nullopt;
    double number = 0;
    const char* end = plain->data() + plain->size();
    const auto [stop, error] = std::from_chars(plain->data(), end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return static_cast<Value>(number);
}

std::optional<Value> read_boolean(const Field& field, std::string_view text) {
    if (std::ranges::find(field.true_values, text) != field.true_values.end()) return Value(1);
    if (std::ranges::find(field.false_values, text) != field.false_values.end()) return Value(0);
    return std::nullopt;
}

} // namespace

std::optional<Value> read_value(const Field& field, std::string_view text) {
    switch (field.type) {
    case FieldType::integer:
        return read_integer(field, text);
    case FieldType::number:
        return read_number(field, text);
    case FieldType::boolean:
        return read_boolean(field, text);
    case FieldType::date:
    case FieldType::datetime:
    case FieldType::time:
        return read_temporal(field, text);
    case FieldType::string:
    case FieldType::object:
    case FieldType::array:
    case FieldType::any:
        break;
    }
    return std::nullopt;
}

std::optional<ConstraintValue> read_constraint_value(const Field& field, const Element& scalar) {
    ConstraintValue read{scalar.text, std::nullopt};
    switch (field.type) {
    case FieldType::integer:
    case FieldType::number: {
        Field primitive; // JSON's own notation is that of a field with none of its own
        primitive.type = field.type;
        if (!scalar.quoted) read.value = read_value(primitive, scalar.text);
        if (!read.value) read.value = read_value(field, scalar.text);
        if (!read.value) return std::nullopt;
        read.text = field.type == FieldType::integer ? fmt::format("{}", static_cast<std::int64_t>(*read.value))
                                                     : fmt::format("{}", static_cast<double>(*read.value));
        return read;
    }
    case FieldType::boolean:
        read.value = read_value(field, scalar.text);
        if (!read.value && !scalar.quoted && scalar.text == "true" && !field.true_values.empty())
            read = {field.true_values.front(), 1};
        if (!read.value && !scalar.quoted && scalar.text == "false" && !field.false_values.empty())
            read = {field.false_values.front(), 0};
        break;
    case FieldType::date:
    case FieldType::datetime:
    case FieldType::time:
        read.value = read_value(field, scalar.text);
        break;
    case FieldType::string:
    case FieldType::object:
    case FieldType::array:
    case FieldType::any:
        return read;
    }
    if (!read.value) return std::nullopt;
    return read;
}

std::string wanted(const Field& field) {
    const bool has_pattern = field.format != "default" && field.format != "any";
    switch (field.type) {
    case FieldType::integer:
        return "a whole number of at most 64 bits";
    case FieldType::number:
        return field.decimal_char == "." ? "a number" : fmt::format("a number, written with `{}`", field.decimal_char);
    case FieldType::boolean:
        return "a truth value of the field";
    case FieldType::date:
        return has_pattern ? fmt::format("a date written as {}", field.format) : "a date such as 2024-12-31";
    case FieldType::datetime:
        return has_pattern ? fmt::format("a date and time written as {}", field.format)
                           : "a date and time such as 2024-12-31T23:59:59Z";
    case FieldType::time:
        return has_pattern ? fmt::format("a time written as {}", field.format) : "a time such as 23:59:59";
    case FieldType::string:
    case FieldType::object:
    case FieldType::array:
    case FieldType::any:
        break;
    }
    return "a text";
}

std::optional<std::string> pattern_mistake(std::string_view pattern, FieldType type) {
    static constexpr std::string_view kDirectives = "YymdjbBaAHIpMSfzZ%";
    bool year = false;
    bool hour = false;
    std::string seen;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] != '%') continue;
        if (++i == pattern.size()) return "ends in a lone `%`; write `%%` for the sign itself";
        const char directive = pattern[i];
        if (kDirectives.find(directive) == std::string_view::npos) {
            const auto byte = static_cast<unsigned char>(directive);
            return fmt::format("has {}, which is not one of %Y %y %m %d %j %b %B %a %A %H %I %p %M %S %f %z %Z %%",
                               byte > 0x20 && byte < 0x7F ? fmt::format("`%{}`", directive) : "a `%` before no letter");
        }
        if (directive != '%' && seen.find(directive) != std::string::npos)
            return fmt::format("has `%{}` twice", directive);
        seen += directive;
        year = year || directive == 'Y' || directive == 'y';
        hour = hour || directive == 'H' || directive == 'I';
    }
    if (type != FieldType::time && !year) return "does not read the year: `%Y` or `%y`";
    if (type == FieldType::time && !hour) return "does not read the hour: `%H` or `%I`";
    return std::nullopt;
}

} // namespace inlet::reading
