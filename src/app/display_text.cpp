// Widths follow Unicode's East_Asian_Width (W and F) and general categories Mn, Me and Cf, in ranges coarse enough to
// read; a character that is missing from them costs a crooked column and nothing else.
#include "app/display_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace inlet {

namespace {

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};

constexpr std::array kNarrowest = std::to_array<Range>({
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD},   {0x05BF, 0x05BF}, {0x05C1, 0x05C2}, {0x05C4, 0x05C5},
    {0x0610, 0x061A}, {0x064B, 0x065F}, {0x0670, 0x0670},   {0x06D6, 0x06DC}, {0x06DF, 0x06E4}, {0x0730, 0x074A},
    {0x0900, 0x0902}, {0x093A, 0x093A}, {0x093C, 0x093C},   {0x0941, 0x0948}, {0x094D, 0x094D}, {0x0951, 0x0957},
    {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},
    {0x202A, 0x202E}, {0x2060, 0x2064}, {0x20D0, 0x20FF},   {0x302A, 0x302D}, {0x3099, 0x309A}, {0xFE00, 0xFE0F},
    {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF},
});

constexpr std::array kWidest = std::to_array<Range>({
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},
    {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},
    {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},   {0x274C, 0x274C},   {0x2753, 0x2755},
    {0x2795, 0x2797},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
    {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x16FE0, 0x18CFF},
    {0x1AFF0, 0x1B2FF}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F19A}, {0x1F200, 0x1F320},
    {0x1F32D, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F7E0, 0x1F7EB}, {0x1F90C, 0x1F9FF}, {0x1FA70, 0x1FAFF},
    {0x20000, 0x3FFFD},
});

bool within(std::span<const Range> ranges, std::uint32_t sign) {
    const auto after = std::ranges::upper_bound(ranges, sign, {}, &Range::first);
    return after != ranges.begin() && sign <= std::prev(after)->last;
}

struct Sign {
    std::uint32_t code = 0;
    std::size_t bytes = 1;
    bool valid = false;
};

// The character at the front of a text that is not empty (RFC 3629).
Sign first_sign(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const unsigned lead = byte(0);
    if (lead < 0x80) return {lead, 1, true};
    const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4) return {};
    std::uint32_t code = lead & (0x7FU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return {};
        code = code << 6 | (byte(i) & 0x3FU);
    }
    const bool too_long_a_form = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
    if (too_long_a_form || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) return {};
    return {code, bytes, true};
}

std::size_t sign_width(const Sign& sign) {
    if (!sign.valid || sign.code < 0x300) return 1;
    if (within(kNarrowest, sign.code)) return 0;
    return within(kWidest, sign.code) ? 2 : 1;
}

} // namespace

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const Sign sign = first_sign(text);
        width += sign_width(sign);
        text.remove_prefix(sign.bytes);
    }
    return width;
}

std::string printable(std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Sign sign = first_sign(text);
        if (!sign.valid) {
            out += "\xEF\xBF\xBD";
        } else if (sign.code == '\n') {
            out += "\\n";
        } else if (sign.code == '\t') {
            out += "\\t";
        } else if (sign.code == '\r') {
            out += "\\r";
        } else if (sign.code < 0x20 || (sign.code >= 0x7F && sign.code < 0xA0)) {
            out += "\\x";
            out += kHex[sign.code >> 4];
            out += kHex[sign.code & 15];
        } else {
            out += text.substr(0, sign.bytes);
        }
        text.remove_prefix(sign.bytes);
    }
    return out;
}

std::string cut_to_width(std::string_view text, std::size_t width_max) {
    std::size_t width = 0;
    std::size_t kept = 0; // bytes that leave room for the mark of the cut
    for (std::size_t at = 0; at < text.size();) {
        const Sign sign = first_sign(text.substr(at));
        width += sign_width(sign);
        if (width > width_max) return width_max == 0 ? std::string() : std::string(text.substr(0, kept)) + "…";
        at += sign.bytes;
        if (width < width_max) kept = at;
    }
    return std::string(text);
}

std::string pad_right(std::string_view text, std::size_t width) {
    const std::size_t taken = display_width(text);
    return std::string(text) + std::string(width > taken ? width - taken : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
    const std::size_t taken = display_width(text);
    return std::string(width > taken ? width - taken : 0, ' ') + std::string(text);
}

} // namespace inlet
