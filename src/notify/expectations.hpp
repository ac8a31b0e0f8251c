// Whether a delivery is overdue, or has an unusual size. Floor 5; pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "contract/notify.hpp"

namespace inlet {

struct Overdue {
    Timestamp deadline = 0;  // the latest that passed without a delivery
    bool is_missing = false; // so did the one before it
};

// `since`: from when on the dataset is watched. `last`: when the last delivery came, if ever. What came while nobody
// watched counts; a deadline whose time began before `since` does not.
std::optional<Overdue> overdue(const Expectation& expected, Timestamp since, std::optional<Timestamp> last,
                               Timestamp now);

// Of how many deliveries before one its usual size is made, and how many there must be.
inline constexpr std::size_t kUsualOf = 10;
inline constexpr std::size_t kUsualLeast = 3;

// The usual number of records, if `rows` is not within the shares of it that are expected. `before`: of the deliveries
// before it, kUsualOf at most.
std::optional<std::uint64_t> unusual(const Expectation& expected, std::uint64_t rows,
                                     std::vector<std::uint64_t> before);

} // namespace inlet
