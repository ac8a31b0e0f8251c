// Sizes as people write them. Floor 0; a pure function.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace inlet {

// "256MiB", "1.5 GB", "268435456": bytes. Units B, kB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (of 1024), upper
// and lower case alike.
std::optional<std::uint64_t> read_bytes(std::string_view text);

} // namespace inlet
