// A range of IP addresses, as the configuration names them. Floor 1; values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inlet {

class AddressRange {
public:
    // "10.0.0.0/8", "2001:db8::/32", or one address (RFC 4632, RFC 4291 section 2.3). Nothing for anything else, and
    // where bits behind the prefix are set. "::ffff:10.0.0.1" is 10.0.0.1.
    static std::optional<AddressRange> parse(std::string_view text);

    // No address is in no range.
    bool holds(std::string_view address) const;

    bool operator==(const AddressRange&) const = default;

private:
    using Bytes = std::array<std::uint8_t, 16>;
    // Of IPv4 as mapped into IPv6 (::ffff:0:0/96), so that both compare alike.
    static std::optional<Bytes> bytes_of(std::string_view address, bool& is_four);

    Bytes first_{};
    unsigned bits_ = 128; // of the prefix
};

std::vector<AddressRange> loopback_ranges(); // 127.0.0.0/8 and ::1

// An address in the form in which addresses are compared and shown; nothing if it is none.
std::optional<std::string> plain_address(std::string_view text);

} // namespace inlet
