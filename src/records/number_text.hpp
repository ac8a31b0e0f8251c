// Decimal text to numbers, eight digits at a step. Floor 2; pure functions, inlined into the column loops.
// The digits trick is from W. Mula, "SWAR parsing of decimal numbers" (0x80.pl, 2014), as used by simdjson and
// fast_float.
#pragma once

#include <cstdint>
#include <cstring>

namespace inlet {

// Eight bytes, the first of them most significant digit, each '0' to '9' less 0x30.
inline std::uint32_t combine_digits(std::uint64_t digits) {
    digits = digits * 10 + (digits >> 8);
    return static_cast<std::uint32_t>((((digits & 0x000000FF000000FF) * 0x000F424000000064) +
                                       (((digits >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >>
                                      32);
}

// Bytes that are not 0 to 9 leave a bit set.
inline std::uint64_t not_digits(std::uint64_t digits) {
    return (digits | (digits + 0x7676767676767676)) & 0x8080808080808080;
}

inline std::uint64_t load8(const char* text) {
    std::uint64_t word = 0;
    std::memcpy(&word, text, 8);
    return word;
}

// 1 to 16 digits and nothing else. Reads up to 16 bytes from `text` whatever the size.
inline bool parse_digits(const char* text, std::uint32_t size, std::uint64_t& value) {
    constexpr std::uint64_t kZeros = 0x3030303030303030;
    if (size - 1 < 8) {
        const unsigned shift = (8 - size) * 8;
        const std::uint64_t digits = (load8(text) << shift) ^ (kZeros << shift);
        value = combine_digits(digits);
        return not_digits(digits) == 0;
    }
    if (size - 1 < 16) {
        const unsigned shift = (16 - size) * 8;
        const std::uint64_t high = shift == 64 ? 0 : (load8(text) << shift) ^ (kZeros << shift);
        const std::uint64_t low = load8(text + size - 8) ^ kZeros;
        value = std::uint64_t{combine_digits(high)} * 100'000'000 + combine_digits(low);
        return (not_digits(high) | not_digits(low)) == 0;
    }
    return false;
}

// `[-]d...` of at most 16 digits.
inline bool parse_short_integer(const char* text, std::uint32_t size, std::int64_t& value) {
    const bool negative = size > 1 && *text == '-';
    std::uint64_t digits = 0;
    const bool ok = parse_digits(text + negative, size - negative, digits);
    value = negative ? -static_cast<std::int64_t>(digits) : static_cast<std::int64_t>(digits);
    return ok;
}

// `[-]d...[.d...]` of at most 8 bytes behind the sign: exact, because a quotient of two integers that a double holds
// exactly is rounded once (Clinger, "How to read floating point numbers accurately", PLDI 1990).
inline bool parse_short_number(const char* text, std::uint32_t size, double& value) {
    static constexpr double kTens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
    constexpr std::uint64_t kDots = 0x2E2E2E2E2E2E2E2E;
    const bool negative = size > 1 && *text == '-';
    text += negative;
    size -= negative;
    if (size - 1 >= 8) return false;
    std::uint64_t word = load8(text);
    const std::uint64_t mask = size == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (size * 8)) - 1;
    word &= mask;
    const std::uint64_t dots = word ^ kDots;
    const std::uint64_t dot = ~(((dots & 0x7F7F7F7F7F7F7F7F) + 0x7F7F7F7F7F7F7F7F) | dots | 0x7F7F7F7F7F7F7F7F);
    unsigned fraction = 0;
    if (dot != 0) {
        const auto at = static_cast<unsigned>(__builtin_ctzll(dot)) / 8;
        if (at == 0 || at + 1 == size) return false; // `.5` and `5.` take the long way
        const std::uint64_t before = word & ((std::uint64_t{1} << (at * 8)) - 1);
        word = before | (word >> 8 >> (at * 8) << (at * 8));
        fraction = size - at - 1;
        --size;
    }
    const unsigned shift = (8 - size) * 8;
    const std::uint64_t digits = (word << shift) ^ (0x3030303030303030ULL << shift);
    if (not_digits(digits) != 0) return false;
    const double magnitude = static_cast<double>(combine_digits(digits)) / kTens[fraction];
    value = negative ? -magnitude : magnitude;
    return true;
}

} // namespace inlet
