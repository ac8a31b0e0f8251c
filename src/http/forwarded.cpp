#include "http/forwarded.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "contract/address_range.hpp"

namespace inlet::http {

namespace {

constexpr std::size_t kProxiesMost = 32; // of a chain; a longer one is cut at its beginning

bool is_for(std::string_view name) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(name, std::string_view("for"), {}, lower);
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// At `mark`, but not within quotes (RFC 9110, section 5.6.4).
std::vector<std::string_view> parted(std::string_view text, char mark) {
    std::vector<std::string_view> parts;
    bool quoted = false;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (quoted && text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            quoted = !quoted;
        } else if (text[at] == mark && !quoted) {
            parts.push_back(trimmed(text.substr(begin, at - begin)));
            begin = at + 1;
        }
    }
    parts.push_back(trimmed(text.substr(begin)));
    return parts;
}

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80"; nothing: it hides, or is no address.
std::optional<std::string> address_of(std::string_view node) {
    if (node.starts_with('[')) return plain_address(node.substr(1, node.find(']') - 1));
    if (std::ranges::count(node, ':') == 1) node = node.substr(0, node.find(':'));
    return plain_address(node);
}

// The node of `for=` in an element of `Forwarded`.
std::string_view forwarded_for(std::string_view element) {
    for (std::string_view pair : parted(element, ';')) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos || !is_for(pair.substr(0, equals))) continue;
        std::string_view value = pair.substr(equals + 1);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
        return value;
    }
    return {};
}

// The client first, then the proxies, as all headers of that name say it together.
std::vector<std::string_view> chain_of(const Headers& headers, TrustedProxies::Header which) {
    const bool is_list = which == TrustedProxies::Header::x_forwarded_for;
    std::vector<std::string_view> chain;
    for (const std::string* value : headers.find_all(is_list ? "X-Forwarded-For" : "Forwarded")) {
        for (const std::string_view element : parted(*value, ',')) {
            if (!element.empty()) chain.push_back(is_list ? element : forwarded_for(element));
        }
    }
    return chain;
}

bool names_a_proxy(const Headers& headers) {
    static constexpr std::array<std::string_view, 4> kNames{"X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"};
    return std::ranges::any_of(kNames, [&](std::string_view name) { return headers.find(name) != nullptr; });
}

} // namespace

Client client_of(const std::string& peer, const Headers& headers, const TrustedProxies& proxies) {
    Client client{.address = plain_address(peer).value_or(peer), .relayed = false};
    if (!proxies.trusts(client.address)) {
        client.relayed = names_a_proxy(headers);
        return client;
    }
    const std::vector<std::string_view> chain = chain_of(headers, proxies.header);
    const std::size_t most = std::min(chain.size(), kProxiesMost);
    for (std::size_t back = 1; back <= most; ++back) {
        const auto address = address_of(chain[chain.size() - back]);
        if (!address) break;
        client.address = *address;
        if (!proxies.trusts(client.address)) break;
    }
    return client;
}

} // namespace inlet::http
