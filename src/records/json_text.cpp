// Judges JSON text (RFC 8259) without building anything: one pass, a stack of bits for the brackets.
#include <bit>
#include <bitset>
#include <charconv>
#include <cstring>

#include "records/scalars.hpp"

namespace inlet {

namespace {

constexpr std::size_t kDepthMax = 100;

class JsonScanner {
public:
    explicit JsonScanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    std::optional<std::int64_t> members(JsonKind kind) {
        skip_spaces();
        if (at_ == end_ || *at_ != (kind == JsonKind::object ? '{' : '[')) return std::nullopt;
        std::int64_t count = 0;
        for (bool value_expected = true;;) {
            if (value_expected) {
                bool closed = true; // the value is whole, or a bracket was opened
                if (!value(closed)) return std::nullopt;
                if (!closed) continue;
            }
            // After a value.
            if (depth_ == 0) break;
            if (depth_ == 1) ++count;
            skip_spaces();
            if (at_ == end_) return std::nullopt;
            const char c = *at_++;
            if (c == ',') {
                if (in_object_[depth_] && !key()) return std::nullopt;
                value_expected = true;
            } else if (c == (in_object_[depth_] ? '}' : ']')) {
                --depth_;
                value_expected = false;
            } else {
                return std::nullopt;
            }
        }
        skip_spaces();
        if (at_ != end_) return std::nullopt;
        return count;
    }

private:
    void skip_spaces() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    }

    // Reads a value, or opens one that has members: then `closed` becomes false.
    bool value(bool& closed) {
        skip_spaces();
        if (at_ == end_) return false;
        switch (*at_) {
        case '{':
        case '[': {
            const bool object = *at_++ == '{';
            skip_spaces();
            if (at_ != end_ && *at_ == (object ? '}' : ']')) {
                ++at_;
                return depth_ < kDepthMax;
            }
            if (depth_ == kDepthMax) return false;
            in_object_[++depth_] = object;
            closed = false;
            return !object || key();
        }
        case '"':
            return string();
        case 't':
            return word("true");
        case 'f':
            return word("false");
        case 'n':
            return word("null");
        default:
            return number();
        }
    }

    // `"name" :`
    bool key() {
        skip_spaces();
        if (at_ == end_ || *at_ != '"' || !string()) return false;
        skip_spaces();
        if (at_ == end_ || *at_ != ':') return false;
        ++at_;
        return true;
    }

    bool word(std::string_view wanted) {
        if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(wanted)) {
            at_ += wanted.size();
            return true;
        }
        return false;
    }

    bool digits() {
        const char* const begin = at_;
        while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
        return at_ != begin;
    }

    bool number() {
        if (at_ != end_ && *at_ == '-') ++at_;
        if (at_ != end_ && *at_ == '0') {
            ++at_;
        } else if (!digits()) {
            return false;
        }
        if (at_ != end_ && *at_ == '.') {
            ++at_;
            if (!digits()) return false;
        }
        if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
            ++at_;
            if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
            if (!digits()) return false;
        }
        return true;
    }

    // Skips what stands for itself in a string, eight bytes at a step.
    void skip_plain() {
        constexpr std::uint64_t kOnes = 0x0101010101010101;
        constexpr std::uint64_t kHighBits = 0x8080808080808080;
        while (end_ - at_ >= 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, at_, 8);
            // The highest bit of a byte that is 0 (or, harmlessly, of one above it).
            const auto zeros = [](std::uint64_t x) { return (x - kOnes) & ~x & kHighBits; };
            const std::uint64_t stops = zeros(word ^ (kOnes * '"')) | zeros(word ^ (kOnes * '\\')) |
                                        ((word - kOnes * 0x20) & ~word & kHighBits);
            if (stops != 0) {
                at_ += std::countr_zero(stops) / 8;
                return;
            }
            at_ += 8;
        }
        while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) ++at_;
    }

    bool string() {
        ++at_;
        for (;;) {
            skip_plain();
            if (at_ == end_) return false;
            const char c = *at_++;
            if (c == '"') return true;
            if (c != '\\' || at_ == end_) return false;
            switch (*at_++) {
            case '"':
            case '\\':
            case '/':
            case 'b':
            case 'f':
            case 'n':
            case 'r':
            case 't':
                break;
            case 'u': {
                unsigned ignored = 0;
                if (end_ - at_ < 4 || std::from_chars(at_, at_ + 4, ignored, 16).ptr != at_ + 4) return false;
                at_ += 4;
                break;
            }
            default:
                return false;
            }
        }
    }

    const char* at_;
    const char* end_;
    std::bitset<kDepthMax + 1> in_object_; // at each depth
    std::size_t depth_ = 0;
};

} // namespace

std::optional<std::int64_t> json_members(std::string_view text, JsonKind kind) {
    return JsonScanner(text).members(kind);
}

} // namespace inlet
