// What the readers of dates and times share: fixed-width digits, the bounds of a day, zones. Floor 2, for temporal*.cpp
// alone; pure functions.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "records/scalars.hpp"

namespace inlet::temporal {

constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;
constexpr std::int64_t kMicrosecondsPerMinute = 60 * kMicrosecondsPerSecond;
constexpr std::int64_t kMicrosecondsPerDay = 86'400 * kMicrosecondsPerSecond;
constexpr std::int32_t kFirstDay = -719'162; // 0001-01-01
constexpr std::int32_t kLastDay = 2'932'896; // 9999-12-31

static_assert(std::endian::native == std::endian::little, "the pairs of pair_digits() lie in memory order");

// What eight bytes must look like: '0' stands for any digit, all else for itself.
struct Shape {
    std::uint64_t wanted = 0;
    std::uint64_t over = 0; // added to the bytes less `wanted`, brings a byte that is too large to its highest bit

    consteval Shape(const char (&text)[9]) {
        for (int i = 0; i < 8; ++i) {
            wanted |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
            over |= std::uint64_t{text[i] == '0' ? 0x7FU - 9 : 0x7FU} << (8 * i);
        }
    }
};

// Eight bytes at `text`: the value of each two neighbouring digits, in the byte of the first. Nothing if they do not
// have the shape.
inline std::optional<std::uint64_t> pair_digits(const char* text, Shape shape) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text, 8);
    const std::uint64_t values = bytes ^ shape.wanted;
    if (((values | (values + shape.over)) & 0x8080808080808080) != 0) return std::nullopt;
    return values * 10 + (values >> 8);
}
inline unsigned byte_of(std::uint64_t pairs, unsigned i) { return static_cast<unsigned>(pairs >> (8 * i)) & 0xFF; }

inline bool is_digit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }
inline bool is_letter(char c) { return static_cast<unsigned char>((c | 0x20) - 'a') <= 'z' - 'a'; }
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

std::optional<std::int64_t> time_of_day(unsigned hour, unsigned minute, unsigned second, unsigned microsecond = 0);

// Microseconds since 1970 of a day and a time in a zone that is `zone_minutes` ahead of UTC; nothing outside years 1 to
// 9999.
std::optional<std::int64_t> instant(std::int64_t day, std::int64_t time, std::int64_t zone_minutes);

// Month 1 to 12, weekday 1 (Monday) to 7, by English name, in full or its first three letters, in any case.
std::optional<unsigned> month_of(std::string_view name);
std::optional<unsigned> weekday_of(std::string_view name);
// The full names, capitalised.
std::string_view month_name(unsigned month);
std::string_view weekday_name(unsigned weekday);

// Reads text from left to right.
class Cursor {
public:
    explicit Cursor(std::string_view text) : text_(text) {}

    bool at_end() const { return at_ == text_.size(); }
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    void skip(std::size_t bytes) { at_ += bytes; }
    bool take(char c) {
        if (at_end() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    bool take_spaces() { // at least one
        const std::size_t begin = at_;
        while (peek() == ' ' || peek() == '\t') ++at_;
        return at_ > begin;
    }
    std::size_t digits_ahead() const {
        std::size_t count = 0;
        while (is_digit(peek(count))) ++count;
        return count;
    }
    unsigned take_digits(std::size_t count) { // of which digits_ahead() told; at most 9
        unsigned value = 0;
        for (std::size_t i = 0; i < count; ++i) value = value * 10 + static_cast<unsigned>(text_[at_++] - '0');
        return value;
    }
    std::string_view letters_ahead() const {
        std::size_t count = 0;
        while (is_letter(peek(count))) ++count;
        return text_.substr(at_, count);
    }
    // Digits of a second's fraction, 1 to 9 of them; what is finer than a microsecond is dropped.
    std::optional<unsigned> take_fraction();

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace inlet::temporal
