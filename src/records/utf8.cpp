// UTF-8 (RFC 3629): where it breaks, and how many characters it holds. ASCII goes by 32 bytes at a step.
#include <bit>
#include <cstdint>
#include <cstring>

#include "records/scalars.hpp"

namespace inlet {

namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080;

std::uint64_t load(const char* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    return word;
}

// Length of the well-formed sequence that starts with the non-ASCII byte at `at` (RFC 3629, section 4), 0 if there is
// none.
std::size_t sequence_length(const char* at, std::size_t available) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(at[i]); };
    const auto between = [&](std::size_t i, unsigned low, unsigned high) { return byte(i) >= low && byte(i) <= high; };
    const unsigned first = byte(0);
    if (first < 0xC2 || first > 0xF4) return 0;
    if (first < 0xE0) return available >= 2 && between(1, 0x80, 0xBF) ? 2 : 0;
    if (first < 0xF0) {
        const unsigned low = first == 0xE0 ? 0xA0 : 0x80;  // no overlong form
        const unsigned high = first == 0xED ? 0x9F : 0xBF; // no surrogate
        return available >= 3 && between(1, low, high) && between(2, 0x80, 0xBF) ? 3 : 0;
    }
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF; // none beyond U+10FFFF
    return available >= 4 && between(1, low, high) && between(2, 0x80, 0xBF) && between(3, 0x80, 0xBF) ? 4 : 0;
}

} // namespace

std::size_t utf8_length(std::string_view text) {
    // Every byte but a continuation (10xxxxxx) begins a character. Eight are counted at a step, each in a byte of its
    // own.
    std::size_t continuations = 0;
    std::size_t i = 0;
    while (i + 8 <= text.size()) {
        std::uint64_t counts = 0;
        for (int steps = 0; steps < 255 && i + 8 <= text.size(); ++steps, i += 8) {
            const std::uint64_t word = load(text.data() + i);
            counts += ((word & ~(word << 1)) >> 7) & 0x0101010101010101;
        }
        const std::uint64_t pairs = (counts & 0x00FF00FF00FF00FF) + ((counts >> 8) & 0x00FF00FF00FF00FF);
        continuations += (pairs * 0x0001000100010001) >> 48;
    }
    for (; i < text.size(); ++i) continuations += (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80 ? 1 : 0;
    return text.size() - continuations;
}

std::size_t utf8_error(std::string_view text) {
    const char* const begin = text.data();
    const std::size_t size = text.size();
    std::size_t i = 0;
    while (i < size) {
        while (i + 32 <= size &&
               ((load(begin + i) | load(begin + i + 8) | load(begin + i + 16) | load(begin + i + 24)) & kHighBits) == 0)
            i += 32;
        while (i + 8 <= size) {
            const std::uint64_t high = load(begin + i) & kHighBits;
            if (high != 0) {
                i += static_cast<std::size_t>(std::countr_zero(high)) / 8;
                break;
            }
            i += 8;
        }
        while (i < size && static_cast<unsigned char>(begin[i]) < 0x80) ++i;
        // Other scripts come in runs.
        while (i < size && static_cast<unsigned char>(begin[i]) >= 0x80) {
            const std::size_t length = sequence_length(begin + i, size - i);
            if (length == 0) return i;
            i += length;
        }
    }
    return std::string_view::npos;
}

} // namespace inlet
