// Reads flat JSON objects: strings and whole numbers by name; other values are skipped by their form.
#include "records/violation_line.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

namespace inlet {

namespace {

class LineReader {
public:
    explicit LineReader(std::string_view text) : rest_(text) {}

    void skip_space() {
        while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == '\r' || rest_[0] == '\n'))
            rest_.remove_prefix(1);
    }
    bool eat(char c) {
        skip_space();
        if (rest_.empty() || rest_[0] != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool at(char c) {
        skip_space();
        return !rest_.empty() && rest_[0] == c;
    }
    bool done() {
        skip_space();
        return rest_.empty();
    }

    std::optional<std::string> string() {
        if (!eat('"')) return std::nullopt;
        std::string out;
        while (!rest_.empty()) {
            const auto plain = std::min(rest_.find_first_of("\"\\"), rest_.size());
            out += rest_.substr(0, plain);
            rest_.remove_prefix(plain);
            if (rest_.empty()) return std::nullopt;
            const char c = rest_[0];
            rest_.remove_prefix(1);
            if (c == '"') return out;
            if (!escape(out)) return std::nullopt;
        }
        return std::nullopt;
    }
    std::optional<std::uint64_t> number() {
        skip_space();
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (error != std::errc{}) return std::nullopt;
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return value;
    }
    // null, true, false or a number of another kind
    bool skip_word() {
        skip_space();
        const auto end = std::min(rest_.find_first_of(",}"), rest_.size());
        rest_.remove_prefix(end);
        return end > 0;
    }

private:
    bool escape(std::string& out) {
        if (rest_.empty()) return false;
        const char c = rest_[0];
        rest_.remove_prefix(1);
        switch (c) {
        case 'n':
            out += '\n';
            return true;
        case 't':
            out += '\t';
            return true;
        case 'r':
            out += '\r';
            return true;
        case 'b':
            out += '\b';
            return true;
        case 'f':
            out += '\f';
            return true;
        case '"':
        case '\\':
        case '/':
            out += c;
            return true;
        case 'u':
            return unicode(out);
        default:
            return false;
        }
    }
    std::optional<std::uint32_t> hex4() {
        std::uint32_t code = 0;
        if (rest_.size() < 4) return std::nullopt;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + 4, code, 16);
        if (error != std::errc{} || end != rest_.data() + 4) return std::nullopt;
        rest_.remove_prefix(4);
        return code;
    }
    bool unicode(std::string& out) {
        auto code = hex4();
        if (!code) return false;
        if (*code >= 0xD800 && *code < 0xDC00) {
            if (!rest_.starts_with("\\u")) return false;
            rest_.remove_prefix(2);
            const auto low = hex4();
            if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
            code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
        }
        if (*code < 0x80) {
            out += static_cast<char>(*code);
        } else {
            const unsigned more = *code < 0x800 ? 1 : *code < 0x10000 ? 2 : 3;
            const std::uint32_t lead = more == 1 ? 0xC0 : more == 2 ? 0xE0 : 0xF0;
            out += static_cast<char>(lead | *code >> (6 * more));
            for (unsigned i = more; i-- > 0;) out += static_cast<char>(0x80U | (*code >> (6 * i) & 0x3FU));
        }
        return true;
    }

    std::string_view rest_;
};

// Puts the value of a member where it belongs; false if it cannot be read.
bool read_member(LineReader& reader, const std::string& name, Violation& violation, bool& known_code) {
    if (!reader.at('"')) {
        const auto number = reader.number();
        if (!number) return reader.skip_word();
        if (name == "row") violation.row = *number;
        if (name == "line") violation.line = *number;
        if (name == "byte") violation.byte = *number;
        if (name == "column") violation.column = static_cast<std::uint32_t>(*number);
        return true;
    }
    auto text = reader.string();
    if (!text) return false;
    if (name == "code") {
        const auto code = failure_from_code(*text);
        known_code = code.has_value();
        if (code) violation.code = *code;
    }
    if (name == "field")
        violation.field = std::move(*text);
    else if (name == "value")
        violation.value = std::move(*text);
    else if (name == "message")
        violation.message = std::move(*text);
    else if (name == "record")
        violation.record = std::move(*text);
    return true;
}

} // namespace

std::optional<std::string> read_json_string(std::string_view json) {
    LineReader reader(json);
    auto text = reader.string();
    if (!text || !reader.done()) return std::nullopt;
    return text;
}

std::optional<Violation> read_violation(std::string_view line) {
    LineReader reader(line);
    Violation violation{};
    bool known_code = false;
    if (!reader.eat('{')) return std::nullopt;
    if (!reader.eat('}')) {
        do {
            const auto name = reader.string();
            if (!name || !reader.eat(':') || !read_member(reader, *name, violation, known_code)) return std::nullopt;
        } while (reader.eat(','));
        if (!reader.eat('}')) return std::nullopt;
    }
    if (!known_code || !reader.done()) return std::nullopt;
    return violation;
}

} // namespace inlet
