#include "http/multipart.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace inlet::http {

namespace {

constexpr std::size_t kBlockBytes = 64 << 10;
constexpr std::size_t kBoundaryMax = 70;
constexpr std::size_t kPaddingMax = 64;

std::unexpected<Error> malformed(std::string message) {
    return fail(FailureCode::multipart_malformed, std::move(message));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool same_word(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// `value; name=token; name="quoted"` (RFC 9110, section 5.6.6). A backslash in quotes escapes a quote or a backslash
// and is itself elsewhere: some clients send the paths of Windows so.
struct HeaderValue {
    std::string_view value;
    std::vector<std::pair<std::string, std::string>> parameters;

    const std::string* find(std::string_view name) const {
        for (const auto& [other, text] : parameters) {
            if (same_word(other, name)) return &text;
        }
        return nullptr;
    }
};

std::optional<HeaderValue> parse_value(std::string_view text) {
    HeaderValue parsed;
    std::size_t at = std::min(text.find(';'), text.size());
    parsed.value = trimmed(text.substr(0, at));
    while (at < text.size()) {
        ++at;
        const std::size_t equals = text.find('=', at);
        if (trimmed(text.substr(at)).empty()) break; // a semicolon at the end
        if (equals == std::string_view::npos) return std::nullopt;
        const std::string_view name = trimmed(text.substr(at, equals - at));
        std::string value;
        at = equals + 1;
        while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
        if (at < text.size() && text[at] == '"') {
            for (++at; at < text.size() && text[at] != '"'; ++at) {
                const bool escapes =
                    text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\');
                value += text[escapes ? ++at : at];
            }
            if (at == text.size()) return std::nullopt;
            ++at;
            while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
            if (at < text.size() && text[at] != ';') return std::nullopt;
        } else {
            const std::size_t end = std::min(text.find(';', at), text.size());
            value = trimmed(text.substr(at, end - at));
            at = end;
        }
        parsed.parameters.emplace_back(name, std::move(value));
    }
    return parsed;
}

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (lower(c) >= 'a' && lower(c) <= 'f') return static_cast<unsigned>(lower(c) - 'a' + 10);
    return std::nullopt;
}

// `all`: every %XX, else those that browsers write.
std::string decode_percent(std::string_view text, bool all) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto high = text[at] == '%' && at + 2 < text.size() ? hex_digit(text[at + 1]) : std::nullopt;
        const auto low = high ? hex_digit(text[at + 2]) : std::nullopt;
        const unsigned byte = low ? *high * 16 + *low : 0;
        if (low && (all || byte == '"' || byte == '\r' || byte == '\n')) {
            out += static_cast<char>(byte);
            at += 2;
        } else {
            out += text[at];
        }
    }
    return out;
}

// RFC 8187, section 3.2: UTF-8'language'percent-encoded.
std::optional<std::string> decode_extended(std::string_view text) {
    const std::size_t first = text.find('\'');
    const std::size_t second = first == std::string_view::npos ? first : text.find('\'', first + 1);
    if (second == std::string_view::npos || !same_word(text.substr(0, first), "utf-8")) return std::nullopt;
    return decode_percent(text.substr(second + 1), true);
}

} // namespace

bool is_multipart(std::string_view content_type) {
    return same_word(trimmed(content_type.substr(0, content_type.find(';'))), "multipart/form-data");
}

Result<std::string> boundary_of(std::string_view content_type) {
    const auto parsed = parse_value(content_type);
    const std::string* boundary = parsed ? parsed->find("boundary") : nullptr;
    if (boundary == nullptr || boundary->empty() || boundary->size() > kBoundaryMax ||
        std::ranges::any_of(*boundary, [](char c) { return c < ' ' || c > '~'; }))
        return malformed("the Content-Type names no boundary of 1 to 70 characters");
    return *boundary;
}

MultipartReader::MultipartReader(ByteSource& body, std::string_view boundary)
    : body_(body), delimiter_(fmt::format("\r\n--{}", boundary)) {
    block_.resize(kBlockBytes);
    // The first delimiter needs no line before it.
    block_[0] = '\r';
    block_[1] = '\n';
    end_ = 2;
}

Result<bool> MultipartReader::fill(std::size_t bytes) {
    if (begin_ > 0 && begin_ + bytes > block_.size()) {
        std::memmove(block_.data(), block_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    while (end_ - begin_ < bytes && !at_end_) {
        const std::size_t count = TRY(body_.read(std::span(block_).subspan(end_)));
        at_end_ = count == 0;
        end_ += count;
    }
    return end_ - begin_ >= bytes;
}

Result<std::size_t> MultipartReader::read(std::span<char> room) {
    if (!in_part_) return 0;
    const bool enough = TRY(fill(delimiter_.size()));
    const std::string_view here = unread();
    const std::size_t found = here.find(delimiter_);
    if (found == 0) {
        begin_ += delimiter_.size();
        in_part_ = false;
        return 0;
    }
    if (!enough) return malformed("the body ends before its last boundary");
    // What could be the beginning of a delimiter waits until more is there.
    const std::size_t sure = found != std::string_view::npos ? found : here.size() - delimiter_.size() + 1;
    const std::size_t count = std::min(sure, room.size());
    std::memcpy(room.data(), here.data(), count);
    begin_ += count;
    return count;
}

Result<std::optional<FormPart>> MultipartReader::next() {
    std::vector<char> passed(in_part_ ? kBlockBytes : 0);
    while (in_part_) TRY(read(passed));
    if (is_over_) return std::nullopt;
    if (TRY(after_delimiter())) {
        FormPart part = TRY(headers());
        // Of a part without a body, the line that ends its header is also the one before the delimiter.
        const std::string_view delimiter = std::string_view(delimiter_).substr(2);
        in_part_ = !TRY(fill(delimiter.size())) || !unread().starts_with(delimiter);
        if (!in_part_) begin_ += delimiter.size();
        return part;
    }
    is_over_ = true;
    begin_ = end_ = 0; // the epilogue says nothing
    while (!at_end_) {
        end_ = 0;
        TRY(fill(1));
    }
    return std::nullopt;
}

Result<bool> MultipartReader::after_delimiter() {
    TRY(fill(2));
    if (unread().starts_with("--")) return false;
    for (std::size_t padding = 0; padding <= kPaddingMax; ++padding) {
        if (!TRY(fill(2))) return malformed("the body ends in a boundary");
        if (unread().starts_with("\r\n")) {
            begin_ += 2;
            return true;
        }
        if (unread().front() != ' ' && unread().front() != '\t') break;
        ++begin_;
    }
    return malformed("a boundary goes on where its line should end");
}

// Without its CRLF. `left`: bytes that the header may still have.
Result<std::string> MultipartReader::line(std::size_t& left) {
    std::string text;
    for (;;) {
        if (!TRY(fill(2))) return malformed("the body ends in the header of a part");
        if (unread().starts_with("\r\n")) {
            begin_ += 2;
            return text;
        }
        const std::size_t count = std::max<std::size_t>(std::min(unread().find('\r'), unread().size()), 1);
        if (count > left) return malformed(fmt::format("the header of a part has at most {} bytes", kHeaderBytesMax));
        left -= count;
        text += unread().substr(0, count);
        begin_ += count;
    }
}

Result<FormPart> MultipartReader::headers() {
    FormPart part;
    bool is_named = false;
    std::size_t left = kHeaderBytesMax;
    for (;;) {
        const std::string text = TRY(line(left));
        if (text.empty()) break;
        const std::size_t colon = text.find(':');
        if (colon == std::string::npos || text.find('\0') != std::string::npos)
            return malformed("a line in the header of a part is no header");
        const std::string_view name = std::string_view(text).substr(0, colon);
        const std::string_view value = std::string_view(text).substr(colon + 1);
        if (same_word(name, "Content-Type")) {
            part.type = trimmed(value);
        } else if (same_word(name, "Content-Disposition")) {
            const auto parsed = parse_value(value);
            if (!parsed || !same_word(parsed->value, "form-data"))
                return malformed("the Content-Disposition of a part is not form-data");
            const std::string* field = parsed->find("name");
            if (field == nullptr) return malformed("a part has no name");
            is_named = true;
            part.name = decode_percent(*field, false);
            if (const std::string* file = parsed->find("filename")) part.file_name = decode_percent(*file, false);
            if (const std::string* extended = parsed->find("filename*")) {
                auto decoded = decode_extended(*extended);
                if (!decoded) return malformed("the `filename*` of a part is not in UTF-8 as RFC 8187 has it");
                part.file_name = std::move(decoded);
            }
        }
    }
    if (!is_named) return malformed("a part has no Content-Disposition");
    return part;
}

} // namespace inlet::http
