#include "records/json_cursor.hpp"

#include <cstring>

namespace inlet {

namespace {

constexpr std::size_t kReadableBehind = 16;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The four hex digits at `at`, or -1.
int code_unit(std::string_view text, std::size_t at) {
    if (at + 4 > text.size()) return -1;
    int unit = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const int digit = hex_value(text[at + i]);
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

bool is_high(int unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(int unit) { return unit >= 0xDC00 && unit < 0xE000; }

char* put_utf8(char* to, std::uint32_t point) {
    if (point < 0x80) {
        *to++ = static_cast<char>(point);
    } else if (point < 0x800) {
        *to++ = static_cast<char>(0xC0 | point >> 6);
        *to++ = static_cast<char>(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        *to++ = static_cast<char>(0xE0 | point >> 12);
        *to++ = static_cast<char>(0x80 | (point >> 6 & 0x3F));
        *to++ = static_cast<char>(0x80 | (point & 0x3F));
    } else {
        *to++ = static_cast<char>(0xF0 | point >> 18);
        *to++ = static_cast<char>(0x80 | (point >> 12 & 0x3F));
        *to++ = static_cast<char>(0x80 | (point >> 6 & 0x3F));
        *to++ = static_cast<char>(0x80 | (point & 0x3F));
    }
    return to;
}

} // namespace

char JsonCursor::peek() {
    while (position_ < text_.size()) {
        const char c = text_[position_];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return c;
        ++position_;
    }
    return '\0';
}

bool JsonCursor::take(char wanted) {
    if (peek() != wanted || position_ == text_.size()) return false;
    ++position_;
    return true;
}

bool JsonCursor::value(JsonValue& out) {
    error_ = {};
    return value(out, 0);
}

bool JsonCursor::value(JsonValue& out, int depth) {
    if (depth > kDepthMost) return wrong("values are nested more than 100 deep");
    const char first = peek();
    const std::size_t begin = position_;
    out = {};
    switch (first) {
    case '"':
        return string(out);
    case '{':
    case '[': {
        out.kind = first == '{' ? JsonValue::Kind::object : JsonValue::Kind::array;
        ++position_;
        if (!members(first == '{' ? '}' : ']', first == '{', depth + 1)) return false;
        out.text = text_.substr(begin, position_ - begin);
        return true;
    }
    case 't':
        out.kind = JsonValue::Kind::boolean;
        out.truth = true;
        out.text = "true";
        return word("true");
    case 'f':
        out.kind = JsonValue::Kind::boolean;
        out.text = "false";
        return word("false");
    case 'n':
        out.text = "null";
        return word("null");
    default:
        if (first == '-' || is_digit(first)) return number(out);
        return wrong("a value is expected");
    }
}

bool JsonCursor::members(char end, bool named, int depth) {
    if (take(end)) return true;
    for (;;) {
        JsonValue value;
        if (named) {
            if (peek() != '"') return wrong("a name in double quotes is expected");
            if (!string(value)) return false;
            if (!take(':')) return wrong("`:` is expected");
        }
        if (!this->value(value, depth)) return false;
        if (take(end)) return true;
        if (!take(',')) return wrong(named ? "`,` or `}` is expected" : "`,` or `]` is expected");
    }
}

bool JsonCursor::word(std::string_view word) {
    if (text_.substr(position_, word.size()) != word) return wrong("a value is expected");
    position_ += word.size();
    return true;
}

bool JsonCursor::number(JsonValue& out) {
    const std::size_t begin = position_;
    const auto here = [&] { return position_ < text_.size() ? text_[position_] : '\0'; };
    const auto digits = [&] {
        if (!is_digit(here())) return false;
        while (is_digit(here())) ++position_;
        return true;
    };
    if (here() == '-') ++position_;
    if (here() == '0') {
        ++position_;
    } else if (!digits()) {
        return wrong("a digit is expected");
    }
    if (here() == '.') {
        ++position_;
        if (!digits()) return wrong("a digit is expected");
    }
    if (here() == 'e' || here() == 'E') {
        ++position_;
        if (here() == '+' || here() == '-') ++position_;
        if (!digits()) return wrong("a digit is expected");
    }
    out.kind = JsonValue::Kind::number;
    out.text = text_.substr(begin, position_ - begin);
    return true;
}

bool JsonCursor::string(JsonValue& out) {
    const std::size_t begin = ++position_;
    out.kind = JsonValue::Kind::string;
    while (position_ < text_.size()) {
        const char c = text_[position_];
        if (c == '"') {
            out.text = text_.substr(begin, position_ - begin);
            ++position_;
            return true;
        }
        if (static_cast<unsigned char>(c) < 0x20) return wrong("control characters are written with an escape");
        if (c != '\\') {
            ++position_;
            continue;
        }
        out.escaped = true;
        const char next = position_ + 1 < text_.size() ? text_[position_ + 1] : '\0';
        if (next == 'u') {
            const int unit = code_unit(text_, position_ + 2);
            if (unit < 0) return wrong("four hexadecimal digits are expected");
            if (is_low(unit)) return wrong("half of a surrogate pair");
            if (is_high(unit)) {
                const bool paired = text_.substr(position_ + 6, 2) == "\\u" && is_low(code_unit(text_, position_ + 8));
                if (!paired) return wrong("half of a surrogate pair");
                position_ += 6;
            }
            position_ += 6;
        } else if (std::string_view("\"\\/bfnrt").find(next) != std::string_view::npos && next != '\0') {
            position_ += 2;
        } else {
            return wrong("there is no such escape");
        }
    }
    return wrong("the string does not end");
}

TextRef json_text(const JsonValue& string, TextArena& arena) {
    const std::string_view text = string.text;
    if (!string.escaped) return {text.data(), static_cast<std::uint32_t>(text.size())};
    char* const begin = arena.reserve(text.size() + kReadableBehind);
    char* to = begin;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            *to++ = text[i];
            continue;
        }
        switch (const char c = text[++i]) {
        case 'b':
            *to++ = '\b';
            break;
        case 'f':
            *to++ = '\f';
            break;
        case 'n':
            *to++ = '\n';
            break;
        case 'r':
            *to++ = '\r';
            break;
        case 't':
            *to++ = '\t';
            break;
        case 'u': {
            auto point = static_cast<std::uint32_t>(code_unit(text, i + 1));
            i += 4;
            if (is_high(static_cast<int>(point))) {
                const auto low = static_cast<std::uint32_t>(code_unit(text, i + 3));
                point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
                i += 6;
            }
            to = put_utf8(to, point);
            break;
        }
        default:
            *to++ = c;
        }
    }
    std::memset(to, 0, kReadableBehind);
    return {begin, static_cast<std::uint32_t>(to - begin)};
}

} // namespace inlet
