// When something that could not be delivered is tried again. Floor 5; pure functions.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace inlet {

inline constexpr Timestamp kRetryFirst = 5'000'000;             // the pause after the first attempt: 5 s
inline constexpr Timestamp kRetryMost = 6LL * 3600 * 1'000'000; // no pause is longer: 6 h
inline constexpr Timestamp kRetryFor = 24LL * 3600 * 1'000'000; // no attempt is made later after the first: 1 d

// The moment of the next attempt after `attempts` of them, of which the first was at `first_at` and the last failed at
// `now`: pauses grow fourfold, and are up to a fifth shorter or longer by `chance` (0 to 1), lest all come back at
// once. `wished`: the pause that the receiver asked for, 0 if it did not. Nothing: it is given up.
std::optional<Timestamp> next_attempt(std::uint32_t attempts, Timestamp first_at, Timestamp now, double chance,
                                      Timestamp wished);

} // namespace inlet
