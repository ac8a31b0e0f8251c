// Passwords: argon2id (RFC 9106), kept as PHC strings (`$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`). Floor 4; plain
// functions, safe from any thread. One call takes about 20 ms and 19 MiB.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace inlet {

inline constexpr std::size_t kPasswordBytesMax = 1024;

// With a random salt. Errors: bad-argument (empty, or longer than kPasswordBytesMax), internal.
Result<std::string> hash_password(std::string_view password);
// Whether it is the password that the PHC string was made of.
bool verify_password(std::string_view password, const std::string& phc);

} // namespace inlet
