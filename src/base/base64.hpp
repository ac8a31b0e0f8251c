// Bytes as text (RFC 4648, section 4: with padding). Floor 0; pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace inlet {

std::string base64(std::string_view bytes);
// Nothing if the text is no base64, its padding included.
std::optional<std::string> from_base64(std::string_view text);

} // namespace inlet
