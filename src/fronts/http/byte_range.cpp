#include "fronts/http/byte_range.hpp"

#include <algorithm>
#include <charconv>

#include "http/preferences.hpp"

namespace inlet::http {

namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::optional<std::uint64_t> digits(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc::result_out_of_range) return UINT64_MAX; // behind every end
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// A list of entity-tags, or `*`. `strong`: weak ones never match (section 8.8.3.2).
bool names(std::string_view list, std::string_view etag, bool strong) {
    if (trimmed(list) == "*") return true;
    while (!list.empty()) {
        list = trimmed(list);
        const bool weak = list.starts_with("W/");
        if (weak) list.remove_prefix(2);
        std::size_t end = list.find('"', 1);
        if (!list.starts_with('"') || end == std::string_view::npos) return false;
        ++end;
        if (list.substr(0, end) == etag && !(weak && strong)) return true;
        list = trimmed(list.substr(end));
        if (list.starts_with(',')) list.remove_prefix(1);
    }
    return false;
}

// Only the form that this server writes: a client sends back what it was given.
std::optional<std::time_t> moment_of(const std::string& text) {
    std::tm parts{};
    const char* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
    return timegm(&parts);
}

} // namespace

RangeAnswer read_range(std::string_view header, std::uint64_t size, ByteRange& range) {
    constexpr std::string_view kUnit = "bytes=";
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (header.size() < kUnit.size() || !std::ranges::equal(header.substr(0, kUnit.size()), kUnit, {}, lower))
        return RangeAnswer::whole;
    const std::string_view one = trimmed(header.substr(kUnit.size()));
    const std::size_t dash = one.find('-');
    if (dash == std::string_view::npos || one.find(',') != std::string_view::npos) return RangeAnswer::whole;
    const auto first = digits(one.substr(0, dash));
    const auto last = digits(one.substr(dash + 1));
    if (dash == 0) { // the last so many
        if (!last) return RangeAnswer::whole;
        if (*last == 0 || size == 0) return RangeAnswer::not_satisfiable;
        range.bytes = std::min(*last, size);
        range.first = size - range.bytes;
        return RangeAnswer::part;
    }
    if (!first || (!last && dash + 1 < one.size()) || (last && *last < *first)) return RangeAnswer::whole;
    if (*first >= size) return RangeAnswer::not_satisfiable;
    range.first = *first;
    range.bytes = std::min(last.value_or(size - 1), size - 1) - *first + 1;
    return RangeAnswer::part;
}

Condition check_conditions(const Request& request, const std::optional<Standing>& standing) {
    const bool reads = request.method == Method::get || request.method == Method::head;
    const std::string* match = request.headers.find("If-Match");
    const std::string* none = request.headers.find("If-None-Match");
    if (match != nullptr) {
        if (!standing || !names(*match, standing->etag, true)) return Condition::fails;
    } else if (const std::string* since = request.headers.find("If-Unmodified-Since")) {
        const auto moment = moment_of(*since);
        if (moment && (!standing || standing->modified > *moment)) return Condition::fails;
    }
    if (none != nullptr) {
        if (standing && names(*none, standing->etag, false)) return reads ? Condition::not_modified : Condition::fails;
    } else if (const std::string* since = request.headers.find("If-Modified-Since"); since != nullptr && reads) {
        const auto moment = moment_of(*since);
        if (moment && standing && standing->modified <= *moment) return Condition::not_modified;
    }
    return Condition::holds;
}

bool range_counts(const Request& request, const Standing& standing) {
    const std::string* header = request.headers.find("If-Range");
    if (header == nullptr) return true;
    if (header->starts_with('"')) return *header == standing.etag;
    const auto moment = moment_of(*header);
    return moment && *moment == standing.modified;
}

} // namespace inlet::http
