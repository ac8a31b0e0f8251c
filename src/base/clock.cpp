// The system's clock.
#include "base/clock.hpp"

#include <chrono>

#include <fmt/format.h>

namespace inlet {

std::string iso_moment(Timestamp moment) {
    const std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::microseconds(moment)};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(at - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

Timestamp SystemClock::now() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

} // namespace inlet
