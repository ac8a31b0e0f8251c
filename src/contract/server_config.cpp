#include "contract/server_config.hpp"

#include <algorithm>
#include <charconv>

namespace inlet {

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
    ListenAddress address;
    address.text = text;
    constexpr std::string_view kUnix = "unix:";
    if (text.starts_with(kUnix)) {
        address.path = text.substr(kUnix.size());
        if (!address.path.starts_with('/') || address.path.ends_with('/')) return std::nullopt;
        return address;
    }
    for (const auto& [scheme, tls] : {std::pair(std::string_view("http://"), ListenAddress::Tls::never),
                                      std::pair(std::string_view("https://"), ListenAddress::Tls::always)}) {
        if (!text.starts_with(scheme)) continue;
        address.tls = tls;
        text.remove_prefix(scheme.size());
        break;
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view port = text.substr(colon + 1);
    const char* const end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data(), end, address.port);
    if (port.empty() || error != std::errc() || stop != end) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty()) return std::nullopt;
    address.host = host == "localhost" ? "127.0.0.1" : host == "*" ? "0.0.0.0" : std::string(host);
    return address;
}

bool TrustedProxies::trusts(std::string_view address) const {
    if (address.empty()) return unix_sockets;
    return std::ranges::any_of(addresses, [&](const AddressRange& range) { return range.holds(address); });
}

} // namespace inlet
