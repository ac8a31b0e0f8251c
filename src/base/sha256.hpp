// SHA-256 (FIPS 180-4) of a text at hand; of what streams, see objects/running_sha256.hpp. Floor 0; pure.
#pragma once

#include <string>
#include <string_view>

namespace inlet {

// 64 lower-case hex digits.
std::string sha256_hex(std::string_view text);

} // namespace inlet
