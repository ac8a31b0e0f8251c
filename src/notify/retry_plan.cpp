#include "notify/retry_plan.hpp"

#include <algorithm>

namespace inlet {

std::optional<Timestamp> next_attempt(std::uint32_t attempts, Timestamp first_at, Timestamp now, double chance,
                                      Timestamp wished) {
    Timestamp pause = kRetryFirst;
    for (std::uint32_t i = 1; i < attempts && pause < kRetryMost; ++i) pause *= 4;
    const double scattered = static_cast<double>(std::min(pause, kRetryMost)) * (0.8 + 0.4 * chance);
    pause = std::min(std::max(static_cast<Timestamp>(scattered), wished), kRetryMost);
    const Timestamp next = now + pause;
    if (next > first_at + kRetryFor) return std::nullopt;
    return next;
}

} // namespace inlet
