// What the headers of draft-ietf-httpbis-resumable-upload say: items and a dictionary of RFC 9651. As the draft asks,
// a value of another form is as good as none. Floor 6; plain functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace inlet::tus {

// A non-negative Integer (RFC 9651, section 3.3.1: 15 digits at most), its parameters aside.
std::optional<std::uint64_t> integer_item(const http::Request& request, std::string_view name);
// A Boolean, "?0" or "?1".
std::optional<bool> boolean_item(const http::Request& request, std::string_view name);
// The file name of Content-Disposition (RFC 6266: filename* counts more than filename); empty without. No path.
std::string disposition_name(const http::Request& request);

} // namespace inlet::tus
