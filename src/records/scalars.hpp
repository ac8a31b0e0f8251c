// One cell's text to one value: dates, times, JSON, Python literals; pure functions, no allocation on the fast paths
// but for results. Floor 2. Lexical rules after Frictionless Table Schema v1, section Types and Formats. Safe on any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace inlet {

// Days since 1970-01-01 of a proleptic Gregorian date; nothing if there is no such day. Years 1 to 9999.
std::optional<std::int32_t> days_from_civil(int year, unsigned month, unsigned day);

// ISO 8601 `YYYY-MM-DD`, exactly. The hot path: no more than some ten nanoseconds.
std::optional<std::int32_t> parse_date(std::string_view text);
// `hh:mm:ss`, optionally `.ffffff`, optionally a zone (Z or +hh:mm), which is refused unless it is UTC. Microseconds
// since midnight.
std::optional<std::int64_t> parse_time(std::string_view text);
// `YYYY-MM-DDThh:mm:ss`, optionally fraction and zone (Z, +hh:mm, converted to UTC); a space for `T` is refused.
// Microseconds since 1970.
std::optional<std::int64_t> parse_datetime(std::string_view text);

// What a strptime-style pattern reads (Python's directives: %Y %y %m %d %H %I %p %M %S %f %b %B %a %A %j %z %Z %%;
// others are an error). Compiled once per field.
class TemporalPattern {
public:
    enum class Kind : std::uint8_t { date, time, datetime };
    static Result<TemporalPattern> compile(std::string_view pattern, Kind kind); // error: schema-error
    // date: days; time: microseconds since midnight; datetime: microseconds since 1970 (UTC when the text has a zone).
    std::optional<std::int64_t> parse(std::string_view text) const;
    // The value as the pattern has it, numbers with their leading zeros. What the pattern does not hold is not written:
    // parse() tells whether that was all.
    std::string format(std::int64_t value) const;

private:
    struct Step {
        char directive = 0; // 0: the literal
        char literal = 0;
    };
    std::vector<Step> steps_;
    Kind kind_ = Kind::date;
};

// Format `any`: the common unambiguous notations (ISO with and without `T`, seconds, fraction; `YYYY/MM/DD`;
// `YYYYMMDD`; `3 Feb 2020`; `Feb 3, 2020`; RFC 2822 ...). A date whose day and month cannot be told apart (03/04/2020)
// is not read.
std::optional<std::int32_t> parse_date_any(std::string_view text);
std::optional<std::int64_t> parse_time_any(std::string_view text);
std::optional<std::int64_t> parse_datetime_any(std::string_view text);

enum class JsonKind : std::uint8_t { object, array };

// Whether text is one well-formed JSON value (RFC 8259) of that kind, nesting at most 100 deep; the number of members
// or items if so.
std::optional<std::int64_t> json_members(std::string_view text, JsonKind kind);

// Reads a Python literal (dict or list of str, int, float, bool, None, tuples, nested; ast.literal_eval's language
// without sets, bytes and complex) or JSON, and appends its JSON to `out`. NaN and infinities are refused. Returns the
// number of members or items.
std::optional<std::int64_t> python_to_json(std::string_view text, JsonKind kind, std::string& out);

// Unicode code points in valid UTF-8.
std::size_t utf8_length(std::string_view text);
// Offset of the first byte that is not well-formed UTF-8 (RFC 3629), or npos.
std::size_t utf8_error(std::string_view text);

// Values as text for messages and exports, the inverse of the parsers.
std::string format_date(std::int32_t days);
std::string format_time(std::int64_t microseconds);
std::string format_datetime(std::int64_t microseconds); // with `T`, fraction only if there is one
std::string format_number(double value); // shortest that reads back the same; NaN, INF, -INF as in Table Schema

} // namespace inlet
