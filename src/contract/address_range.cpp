#include "contract/address_range.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace inlet {

namespace {

constexpr unsigned kMappedBits = 96; // of the prefix ::ffff:0:0/96

bool is_mapped(const std::array<std::uint8_t, 16>& bytes) {
    return std::ranges::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) &&
           bytes[10] == 0xff && bytes[11] == 0xff;
}

bool bit(const std::array<std::uint8_t, 16>& bytes, unsigned at) { return (bytes[at / 8] >> (7 - at % 8) & 1U) != 0; }

} // namespace

std::optional<AddressRange::Bytes> AddressRange::bytes_of(std::string_view address, bool& is_four) {
    const std::string text(address);
    Bytes bytes{};
    is_four = ::inet_pton(AF_INET, text.c_str(), bytes.data() + 12) == 1;
    if (is_four) {
        bytes[10] = bytes[11] = 0xff;
        return bytes;
    }
    bytes = {};
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::nullopt;
    return bytes;
}

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    bool is_four = false;
    const auto first = bytes_of(text.substr(0, slash), is_four);
    if (!first) return std::nullopt;
    AddressRange range;
    range.first_ = *first;
    if (slash == std::string_view::npos) return range;
    const std::string_view digits = text.substr(slash + 1);
    const unsigned most = is_four ? 32 : 128;
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || bits > most)
        return std::nullopt;
    range.bits_ = is_four ? kMappedBits + bits : bits;
    for (unsigned at = range.bits_; at < 128; ++at) {
        if (bit(range.first_, at)) return std::nullopt;
    }
    return range;
}

bool AddressRange::holds(std::string_view address) const {
    bool is_four = false;
    const auto bytes = bytes_of(address, is_four);
    if (!bytes) return false;
    // ::/0 is every address of IPv6, and none of IPv4.
    if (bits_ < kMappedBits && is_mapped(*bytes)) return false;
    for (unsigned at = 0; at < bits_; ++at) {
        if (bit(*bytes, at) != bit(first_, at)) return false;
    }
    return true;
}

std::vector<AddressRange> loopback_ranges() {
    return {*AddressRange::parse("127.0.0.0/8"), *AddressRange::parse("::1")};
}

std::optional<std::string> plain_address(std::string_view text) {
    const std::string given(text);
    std::array<std::uint8_t, 16> bytes{};
    std::array<char, INET6_ADDRSTRLEN> room{};
    if (::inet_pton(AF_INET, given.c_str(), bytes.data()) == 1)
        return ::inet_ntop(AF_INET, bytes.data(), room.data(), room.size());
    if (::inet_pton(AF_INET6, given.c_str(), bytes.data()) != 1) return std::nullopt;
    if (is_mapped(bytes)) return ::inet_ntop(AF_INET, bytes.data() + 12, room.data(), room.size());
    return ::inet_ntop(AF_INET6, bytes.data(), room.data(), room.size());
}

} // namespace inlet
