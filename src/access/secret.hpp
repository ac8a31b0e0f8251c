// Secrets: random, and compared. Floor 4; plain functions, safe from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace inlet {

// Two hex digits for each of `bytes` random bytes, from the system's generator for secrets. Error: internal.
Result<std::string> random_hex(std::size_t bytes);
// In a time that does not tell where they differ.
bool same_secret(std::string_view a, std::string_view b);

} // namespace inlet
