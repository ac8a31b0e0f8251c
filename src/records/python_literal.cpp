// Python literals to JSON, after the reference (https://docs.python.org/3/reference/lexical_analysis.html) and
// ast.literal_eval: what programs leave in a file when they write a dict with str(). One pass over the text, straight
// into the result; recursive, as the depth is bounded.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <unordered_map>
#include <vector>

#include <fast_float/fast_float.h>

#include "records/scalars.hpp"

namespace inlet {

namespace {

constexpr int kDepthMax = 100;
constexpr std::size_t kDigitsMax = 4300; // of an integer; Python's own limit (sys.int_info.default_max_str_digits)

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

int digit_value(char c) { // of any base up to 16; 16 if it is none
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 16;
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | code >> 6);
        tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | code >> 12);
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xF0 | code >> 18);
        tail(12);
        tail(6);
        tail(0);
    }
}

// Decimal digits of a number given by its digits in another base.
std::string decimal_of(std::string_view digits, unsigned base) {
    constexpr std::uint64_t kLimb = 1'000'000'000;
    std::vector<std::uint64_t> limbs{0}; // lowest first
    for (const char c : digits) {
        std::uint64_t carry = static_cast<std::uint64_t>(digit_value(c));
        for (std::uint64_t& limb : limbs) {
            carry += limb * base;
            limb = carry % kLimb;
            carry /= kLimb;
        }
        if (carry > 0) limbs.push_back(carry);
    }
    std::string text = std::to_string(limbs.back());
    for (std::size_t i = limbs.size() - 1; i-- > 0;) {
        const std::string limb = std::to_string(limbs[i]);
        text.append(9 - limb.size(), '0');
        text += limb;
    }
    return text;
}

class PythonReader {
public:
    PythonReader(std::string_view text, std::string& out) : text_(text), out_(out) {}

    std::optional<std::int64_t> members(JsonKind kind) {
        while (peek() == ' ' || peek() == '\t') ++at_;
        const Value value = read_value();
        skip_spaces();
        if (value == Value::bad || at_ != text_.size()) return std::nullopt;
        if (value != (kind == JsonKind::object ? Value::dict : Value::list)) return std::nullopt;
        return last_count_;
    }

private:
    enum class Value : std::uint8_t { bad, text, plain, dict, list }; // plain: a number, true, false or null

    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    void skip_spaces() {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || (text_[at_] >= '\t' && text_[at_] <= '\r' && text_[at_] != '\v')))
            ++at_;
    }
    bool take(char c) {
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    Value read_value() {
        if (depth_ == kDepthMax) return read_scalar();
        ++depth_;
        Value value = Value::bad;
        switch (peek()) {
        case '{':
            value = read_dict();
            break;
        case '[':
            value = read_list();
            break;
        case '(':
            value = read_parenthesis();
            break;
        default:
            value = read_scalar();
        }
        --depth_;
        return value;
    }

    Value read_scalar() {
        const char c = peek();
        if (c == '\'' || c == '"') return read_string(false) ? Value::text : Value::bad;
        if (const char prefix = static_cast<char>(c | 0x20); prefix == 'u' || prefix == 'r') {
            if (peek(1) != '\'' && peek(1) != '"') return Value::bad;
            ++at_;
            return read_string(prefix == 'r') ? Value::text : Value::bad;
        }
        if (is_digit(c) || c == '.' || c == '+' || c == '-') return read_number() ? Value::plain : Value::bad;
        return read_name() ? Value::plain : Value::bad;
    }

    bool read_name() {
        const std::size_t begin = at_;
        while (is_word(peek()) && at_ < text_.size()) ++at_;
        const std::string_view name = text_.substr(begin, at_ - begin);
        if (name == "None") {
            out_ += "null";
        } else if (name == "True") {
            out_ += "true";
        } else if (name == "False") {
            out_ += "false";
        } else {
            return false;
        }
        return true;
    }

    Value read_list() {
        ++at_;
        out_ += '[';
        std::int64_t count = 0;
        for (skip_spaces(); !take(']'); skip_spaces()) {
            if (count > 0) out_ += ',';
            if (read_value() == Value::bad) return Value::bad;
            ++count;
            skip_spaces();
            if (take(',')) continue;
            if (!take(']')) return Value::bad;
            break;
        }
        out_ += ']';
        last_count_ = count;
        return Value::list;
    }

    // (a) is a itself; (), (a,) and (a, b) are tuples.
    Value read_parenthesis() {
        const std::size_t out_begin = out_.size();
        ++at_;
        skip_spaces();
        std::int64_t count = 0;
        while (!take(')')) {
            if (count > 0) out_ += ',';
            const Value item = read_value();
            if (item == Value::bad) return Value::bad;
            ++count;
            skip_spaces();
            if (take(',')) {
                skip_spaces();
                continue;
            }
            if (!take(')')) return Value::bad;
            if (count == 1) return item;
            break;
        }
        out_.insert(out_begin, 1, '[');
        out_ += ']';
        last_count_ = count;
        return Value::list;
    }

    Value read_dict() {
        ++at_;
        out_ += '{';
        Members members;
        for (skip_spaces(); !take('}'); skip_spaces()) {
            if (members.size() > 0) out_ += ',';
            const std::size_t begin = out_.size();
            const Value key = read_value();
            if (key == Value::plain) { // as json.dumps names it
                out_.insert(begin, 1, '"');
                out_ += '"';
            } else if (key != Value::text) {
                return Value::bad;
            }
            members.add({.begin = begin, .key_end = out_.size()});
            skip_spaces();
            if (!take(':')) return Value::bad;
            out_ += ':';
            skip_spaces();
            if (read_value() == Value::bad) return Value::bad;
            skip_spaces();
            if (take(',')) continue;
            if (!take('}')) return Value::bad;
            break;
        }
        const std::size_t count = drop_repeated(members);
        out_ += '}';
        last_count_ = static_cast<std::int64_t>(count);
        return Value::dict;
    }

    struct Member { // where it lies in out_
        std::size_t begin = 0;
        std::size_t key_end = 0;
    };

    // Of one dict; few of them need no memory of their own.
    class Members {
    public:
        static constexpr std::size_t kFew = 8;
        void add(Member member) {
            if (size_ < kFew) {
                few_[size_] = member;
            } else {
                more_.push_back(member);
            }
            ++size_;
        }
        const Member& operator[](std::size_t i) const { return i < kFew ? few_[i] : more_[i - kFew]; }
        std::size_t size() const { return size_; }

    private:
        std::array<Member, kFew> few_;
        std::vector<Member> more_;
        std::size_t size_ = 0;
    };

    // Of members with the same key only the last one's value counts. The dict's text, whose last members' end is the
    // end of out_, is mended; how many members are left.
    std::size_t drop_repeated(const Members& members) {
        const auto key = [&](std::size_t i) {
            return std::string_view(out_).substr(members[i].begin, members[i].key_end - members[i].begin);
        };
        bool repeated = members.size() > Members::kFew;
        for (std::size_t i = 1; i < members.size() && !repeated; ++i) {
            for (std::size_t j = 0; j < i; ++j) repeated = repeated || key(i) == key(j);
        }
        if (!repeated) return members.size();
        std::unordered_map<std::string_view, std::size_t> last;
        for (std::size_t i = 0; i < members.size(); ++i) last[key(i)] = i;
        if (last.size() == members.size()) return members.size();
        std::string kept;
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (last[key(i)] != i) continue;
            const std::size_t end = i + 1 < members.size() ? members[i + 1].begin - 1 : out_.size();
            if (!kept.empty()) kept += ',';
            kept.append(out_, members[i].begin, end - members[i].begin);
        }
        const std::size_t count = last.size();
        out_.replace(members[0].begin, std::string::npos, kept);
        return count;
    }

    // The digits of `base` at hand, single underscores between them left out, appended to `digits`; false if there are
    // none.
    bool take_digits(unsigned base, std::string& digits) {
        const std::size_t begin = digits.size();
        for (;;) {
            const char c = peek();
            if (digit_value(c) < static_cast<int>(base)) {
                digits += c;
                ++at_;
            } else if (c == '_' && digits.size() > begin && digit_value(peek(1)) < static_cast<int>(base)) {
                ++at_;
            } else {
                return digits.size() > begin;
            }
        }
    }

    // A plain integer in decimal digits; where it is none nothing is taken.
    bool read_integer() {
        std::size_t end = at_;
        while (end < text_.size() && is_digit(text_[end])) ++end;
        const std::size_t digits = end - at_;
        if (digits == 0 || digits > kDigitsMax || (text_[at_] == '0' && digits != 1)) return false;
        if (end < text_.size() && (is_word(text_[end]) || text_[end] == '.')) return false;
        out_.append(text_, at_, digits);
        at_ = end;
        return true;
    }

    bool read_number() {
        if (read_integer()) return true;
        bool negative = false;
        if (peek() == '+' || peek() == '-') {
            negative = peek() == '-';
            ++at_;
            skip_spaces();
        }
        if (negative) out_ += '-';
        std::string whole;
        if (peek() == '0') {
            const char prefix = static_cast<char>(peek(1) | 0x20);
            const unsigned base = prefix == 'x' ? 16 : prefix == 'o' ? 8 : prefix == 'b' ? 2 : 10;
            if (base != 10) {
                at_ += 2;
                if (peek() == '_') ++at_;
                if (!take_digits(base, whole) || whole.size() > kDigitsMax || is_word(peek())) return false;
                out_ += decimal_of(whole, base);
                return true;
            }
        }
        const bool has_whole = take_digits(10, whole);
        std::string fraction;
        const bool dotted = take('.');
        const bool has_fraction = dotted && take_digits(10, fraction);
        if (!has_whole && !has_fraction) return false;
        std::string exponent;
        bool scaled = false;
        if ((peek() | 0x20) == 'e') {
            ++at_;
            scaled = true;
            if (peek() == '+' || peek() == '-') exponent += text_[at_++];
            if (!take_digits(10, exponent)) return false;
        }
        if (is_word(peek())) return false; // complex numbers too

        const std::size_t zeros = std::min(whole.find_first_not_of('0'), whole.size());
        if (!dotted && !scaled) {
            if (zeros > 0 && zeros < whole.size()) return false; // 007
            if (whole.size() - zeros > kDigitsMax) return false;
            out_ += zeros == whole.size() ? "0" : whole;
            return true;
        }
        const std::size_t begin = out_.size();
        out_ += zeros == whole.size() ? "0" : std::string_view(whole).substr(zeros);
        if (dotted) {
            out_ += '.';
            out_ += has_fraction ? fraction : "0";
        }
        if (scaled) {
            out_ += 'e';
            out_ += exponent;
        }
        double value = 0;
        fast_float::from_chars(out_.data() + begin, out_.data() + out_.size(), value);
        return std::isfinite(value);
    }

    void append_character(std::uint32_t code) {
        static constexpr char kHex[] = "0123456789abcdef";
        switch (code) {
        case '"':
            out_ += "\\\"";
            return;
        case '\\':
            out_ += "\\\\";
            return;
        case '\n':
            out_ += "\\n";
            return;
        case '\r':
            out_ += "\\r";
            return;
        case '\t':
            out_ += "\\t";
            return;
        default:
            break;
        }
        const bool surrogate = code >= 0xD800 && code <= 0xDFFF; // a pair of them, escaped, is one character in JSON
        if (code >= 0x20 && !surrogate) return append_utf8(out_, code);
        out_ += "\\u";
        for (int shift = 12; shift >= 0; shift -= 4) out_ += kHex[(code >> shift) & 15];
    }

    // Where the characters end that stand in JSON as they stand here.
    std::size_t end_of_plain(char quote) const {
        constexpr std::uint64_t kOnes = 0x0101010101010101;
        constexpr std::uint64_t kHighs = 0x8080808080808080;
        // The high bit of each byte that is less than n, which is at most 0x80; above the lowest such byte others may
        // be marked too (https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord).
        const auto less = [](std::uint64_t word, std::uint64_t n) { return (word - kOnes * n) & ~word & kHighs; };
        const auto equal = [&](std::uint64_t word, char c) {
            return less(word ^ kOnes * static_cast<unsigned char>(c), 1);
        };
        std::size_t at = at_;
        for (; at + sizeof(std::uint64_t) <= text_.size(); at += sizeof(std::uint64_t)) {
            std::uint64_t word = 0;
            std::memcpy(&word, text_.data() + at, sizeof word);
            if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
            const std::uint64_t marks = equal(word, quote) | equal(word, '\\') | equal(word, '"') | less(word, 0x20);
            if (marks != 0) return at + static_cast<std::size_t>(std::countr_zero(marks)) / 8;
        }
        while (at < text_.size() && text_[at] != quote && text_[at] != '\\' && text_[at] != '"' &&
               static_cast<unsigned char>(text_[at]) >= 0x20)
            ++at;
        return at;
    }

    bool read_string(bool raw) {
        const char quote = text_[at_];
        const bool triple = peek(1) == quote && peek(2) == quote;
        at_ += triple ? 3 : 1;
        out_ += '"';
        for (;;) {
            const std::size_t begin = at_;
            at_ = end_of_plain(quote);
            out_.append(text_, begin, at_ - begin);
            if (at_ == text_.size()) return false;
            const char c = text_[at_];
            if (c == quote && (!triple || (peek(1) == quote && peek(2) == quote))) {
                at_ += triple ? 3 : 1;
                out_ += '"';
                return true;
            }
            if (c == '\\') {
                ++at_;
                if (at_ == text_.size()) return false;
                if (raw) { // it stays, and so does what comes after it, even a quote
                    append_character('\\');
                    if (take('\r')) {
                        take('\n');
                        append_character('\n');
                    } else if (peek() == quote || peek() == '\\' || peek() == '\n') {
                        append_character(static_cast<unsigned char>(text_[at_++]));
                    }
                } else if (!read_escape()) {
                    return false;
                }
                continue;
            }
            if ((c == '\n' || c == '\r') && !triple) return false;
            if (c == '\0') return false;
            if (c == '\r') { // ends of lines in source text are \n
                if (peek(1) == '\n') ++at_;
                append_character('\n');
            } else {
                append_character(static_cast<unsigned char>(c));
            }
            ++at_;
        }
    }

    // What follows a backslash.
    bool read_escape() {
        const char c = text_[at_++];
        switch (c) {
        case '\r':
            take('\n');
            return true; // the line goes on
        case '\n':
            return true;
        case '\\':
        case '\'':
        case '"':
            append_character(static_cast<unsigned char>(c));
            return true;
        case 'a':
            append_character('\a');
            return true;
        case 'b':
            append_character('\b');
            return true;
        case 'f':
            append_character('\f');
            return true;
        case 'n':
            append_character('\n');
            return true;
        case 'r':
            append_character('\r');
            return true;
        case 't':
            append_character('\t');
            return true;
        case 'v':
            append_character('\v');
            return true;
        case 'x':
            return read_hex(2);
        case 'u':
            return read_hex(4);
        case 'U':
            return read_hex(8);
        case 'N':
            return false; // by name: would need the table of names
        default:
            break;
        }
        if (c >= '0' && c <= '7') {
            std::uint32_t code = static_cast<std::uint32_t>(c - '0');
            for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i)
                code = code * 8 + static_cast<std::uint32_t>(text_[at_++] - '0');
            append_character(code);
            return true;
        }
        append_character('\\'); // Python leaves escapes that it does not know as they are
        --at_;
        return true;
    }

    bool read_hex(int digits) {
        std::uint32_t code = 0;
        for (int i = 0; i < digits; ++i) {
            const int value = digit_value(peek());
            if (value == 16) return false;
            code = code * 16 + static_cast<std::uint32_t>(value);
            ++at_;
        }
        if (code > 0x10FFFF) return false;
        append_character(code);
        return true;
    }

    std::string_view text_;
    std::string& out_;
    std::size_t at_ = 0;
    int depth_ = 0;
    std::int64_t last_count_ = 0; // members of the container read last
};

} // namespace

std::optional<std::int64_t> python_to_json(std::string_view text, JsonKind kind, std::string& out) {
    if (const auto count = json_members(text, kind)) {
        const std::size_t begin = text.find_first_not_of(" \n\r\t");
        out.append(text, begin, text.find_last_not_of(" \n\r\t") + 1 - begin);
        return count;
    }
    const std::size_t size = out.size();
    const auto count = PythonReader(text, out).members(kind);
    if (!count) out.resize(size);
    return count;
}

} // namespace inlet
