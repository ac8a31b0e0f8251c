#include "notify/expectations.hpp"

#include <algorithm>
#include <chrono>

namespace inlet {

namespace {

Timestamp micros(std::chrono::seconds seconds) { return std::chrono::microseconds(seconds).count(); }

} // namespace

std::optional<Overdue> overdue(const Expectation& expected, Timestamp since, std::optional<Timestamp> last,
                               Timestamp now) {
    if (!expected.every) return std::nullopt;
    const Timestamp every = micros(*expected.every);
    const Timestamp base = std::max(since, last.value_or(since));
    if (!expected.by) {
        const Timestamp periods = (now - base) / every;
        if (periods < 1) return std::nullopt;
        return Overdue{.deadline = base + periods * every, .is_missing = periods > 1};
    }
    const Timestamp by = micros(*expected.by);
    const Timestamp deadline = (now - by) / every * every + by;
    if (since > deadline - every || base > deadline - every) return std::nullopt;
    return Overdue{.deadline = deadline, .is_missing = base <= deadline - 2 * every};
}

std::optional<std::uint64_t> unusual(const Expectation& expected, std::uint64_t rows,
                                     std::vector<std::uint64_t> before) {
    if (before.size() < kUsualLeast) return std::nullopt;
    const auto middle = before.begin() + static_cast<std::ptrdiff_t>(before.size() / 2);
    std::ranges::nth_element(before, middle);
    const auto usual = static_cast<double>(*middle);
    const auto count = static_cast<double>(rows);
    const bool too_few = expected.min_share && count < usual * *expected.min_share;
    const bool too_many = expected.max_share && count > usual * *expected.max_share;
    return too_few || too_many ? std::optional(*middle) : std::nullopt;
}

} // namespace inlet
