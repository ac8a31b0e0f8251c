#include "fronts/tus/upload_headers.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace inlet::tus {

namespace {

int sextet(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

// What stands before the separator, which goes with it from `rest`.
std::string_view take_to(std::string_view& rest, char separator) {
    const std::string_view first = rest.substr(0, std::min(rest.find(separator), rest.size()));
    rest.remove_prefix(std::min(first.size() + 1, rest.size()));
    return first;
}

std::unexpected<Error> wrong(std::string_view name, std::string_view text, std::string_view why) {
    return fail(FailureCode::bad_argument, fmt::format("`{}: {}` {}", name, text, why));
}

} // namespace

std::optional<std::string> base64_decoded(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    std::string out;
    unsigned bits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int value = i + padding >= text.size() ? 0 : sextet(text[i]);
        if (value < 0) return std::nullopt;
        bits = bits << 6U | static_cast<unsigned>(value);
        if (i % 4 != 3) continue;
        out += static_cast<char>(bits >> 16U & 0xFFU);
        out += static_cast<char>(bits >> 8U & 0xFFU);
        out += static_cast<char>(bits & 0xFFU);
        bits = 0;
    }
    // Bits that the padding leaves over must be 0, so that a text has one reading.
    for (std::size_t i = 0; i < padding; ++i) {
        if (out.back() != '\0') return std::nullopt;
        out.pop_back();
    }
    return out;
}

Result<std::optional<std::uint64_t>> number_of(const http::Request& request, std::string_view name) {
    const std::string* text = request.headers.find(name);
    if (text == nullptr) return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (text->empty() || error != std::errc() || end != text->data() + text->size() || value > INT64_MAX)
        return wrong(name, *text, "is no whole number that is not negative");
    return value;
}

Result<Metadata> parse_metadata(std::string_view text) {
    Metadata metadata;
    std::string_view rest = trimmed(text);
    if (rest.empty()) return metadata;
    for (bool more = true; more;) {
        more = rest.contains(',');
        std::string_view value = trimmed(take_to(rest, ','));
        const std::string_view key = take_to(value, ' ');
        if (key.empty()) return wrong("Upload-Metadata", text, "has an empty key");
        if (find(metadata, key) != nullptr)
            return wrong("Upload-Metadata", text, fmt::format("has the key `{}` twice", key));
        auto decoded = base64_decoded(value);
        if (!decoded) return wrong("Upload-Metadata", text, fmt::format("has a `{}` that is not Base64", key));
        metadata.emplace_back(key, *std::move(decoded));
    }
    return metadata;
}

const std::string* find(const Metadata& metadata, std::string_view key) {
    for (const auto& [name, value] : metadata) {
        if (name == key) return &value;
    }
    return nullptr;
}

Result<Concat> parse_concat(std::string_view text) {
    if (text == "partial") return Concat{};
    if (!text.starts_with("final;"))
        return wrong("Upload-Concat", text, "is neither `partial` nor `final;` with a list of uploads");
    Concat concat{.kind = UploadKind::final};
    std::string_view rest = trimmed(text.substr(6));
    while (!rest.empty()) {
        std::string_view url = take_to(rest, ' ');
        if (url.empty()) continue;
        url = url.substr(0, url.find_first_of("?#"));
        const std::string_view id = url.substr(url.rfind('/') + 1);
        if (id.empty()) return wrong("Upload-Concat", text, "names something that is no upload");
        concat.partials.emplace_back(id);
    }
    if (concat.partials.empty()) return wrong("Upload-Concat", text, "names no upload");
    return concat;
}

Result<Checksum> parse_checksum(std::string_view text) {
    std::string_view value = trimmed(text);
    const std::string_view algorithm = take_to(value, ' ');
    auto bytes = base64_decoded(value);
    if (algorithm.empty() || !bytes || bytes->empty())
        return wrong("Upload-Checksum", text, "is not the name of an algorithm and a checksum in Base64");
    return Checksum{std::string(algorithm), *std::move(bytes)};
}

bool has_media_type(const http::Request& request, std::string_view type) {
    const std::string* text = request.headers.find("Content-Type");
    if (text == nullptr) return false;
    std::string_view rest = *text;
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(trimmed(take_to(rest, ';')), type, {}, lower);
}

} // namespace inlet::tus
