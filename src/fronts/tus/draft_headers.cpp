#include "fronts/tus/draft_headers.hpp"

#include <algorithm>
#include <charconv>

namespace inlet::tus {

namespace {

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

// An item without its parameters; nothing if there is no such header.
std::optional<std::string_view> bare_item(const http::Request& request, std::string_view name) {
    const std::string* text = request.headers.find(name);
    if (text == nullptr) return std::nullopt;
    return trimmed(std::string_view(*text).substr(0, text->find(';')));
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// RFC 8187: charset'language'value; only UTF-8 is read.
std::optional<std::string> extended_value(std::string_view text) {
    constexpr std::string_view kCharset = "UTF-8'";
    if (text.size() < kCharset.size()) return std::nullopt;
    for (std::size_t i = 0; i < kCharset.size(); ++i) {
        const char c = text[i] >= 'a' && text[i] <= 'z' ? static_cast<char>(text[i] - 'a' + 'A') : text[i];
        if (c != kCharset[i]) return std::nullopt;
    }
    const std::size_t language_end = text.find('\'', kCharset.size());
    if (language_end == std::string_view::npos) return std::nullopt;
    std::string out;
    for (std::size_t i = language_end + 1; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0 || high * 16 + low == 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

// A token or a quoted string from the front of `rest`, up to the next semicolon, which goes too.
std::string take_value(std::string_view& rest) {
    std::string value;
    if (rest.starts_with('"')) {
        std::size_t i = 1;
        for (; i < rest.size() && rest[i] != '"'; ++i) {
            if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
            value += rest[i];
        }
        rest.remove_prefix(std::min(i + 1, rest.size()));
        rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    } else {
        const std::string_view token = rest.substr(0, rest.find(';'));
        value = trimmed(token);
        rest.remove_prefix(token.size());
    }
    if (!rest.empty()) rest.remove_prefix(1);
    return value;
}

} // namespace

std::optional<std::uint64_t> integer_item(const http::Request& request, std::string_view name) {
    constexpr std::size_t kDigitsMost = 15;
    const auto text = bare_item(request, name);
    if (!text || text->empty() || text->size() > kDigitsMost) return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
    return value;
}

std::optional<bool> boolean_item(const http::Request& request, std::string_view name) {
    const auto text = bare_item(request, name);
    if (text == "?1") return true;
    if (text == "?0") return false;
    return std::nullopt;
}

std::string disposition_name(const http::Request& request) {
    const std::string* header = request.headers.find("Content-Disposition");
    if (header == nullptr) return {};
    std::string_view rest = *header;
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    if (!rest.empty()) rest.remove_prefix(1);
    std::string plain;
    std::optional<std::string> extended;
    while (!(rest = trimmed(rest)).empty()) {
        const std::size_t equals = rest.find('=');
        if (equals == std::string_view::npos) break;
        std::string name(trimmed(rest.substr(0, equals)));
        for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        rest = trimmed(rest.substr(equals + 1));
        const std::string value = take_value(rest);
        if (name == "filename") plain = value;
        if (name == "filename*") extended = extended_value(value);
    }
    const std::string whole = extended.value_or(plain);
    return whole.substr(whole.find_last_of("/\\") + 1);
}

} // namespace inlet::tus
