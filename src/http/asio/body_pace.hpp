// Whether a body comes fast enough: over each stretch of waiting for it, on average. Time in which the server did not
// read does not count. Floor 5; a value.
#pragma once

#include <chrono>
#include <cstdint>

namespace inlet::http {

class BodyPace {
public:
    using Time = std::chrono::steady_clock::duration;
    BodyPace() = default;
    BodyPace(std::uint64_t bytes_per_second, Time stretch) : rate_(bytes_per_second), stretch_(stretch) {}

    // So many bytes came after so much waiting. False: too slow.
    bool came(std::uint64_t bytes, Time waited) {
        bytes_ += bytes;
        waited_ += waited;
        if (waited_ < stretch_) return true;
        const double seconds = std::chrono::duration<double>(waited_).count();
        const bool enough = static_cast<double>(bytes_) >= static_cast<double>(rate_) * seconds;
        bytes_ = 0;
        waited_ = {};
        return enough;
    }

private:
    std::uint64_t rate_ = 0;
    Time stretch_{};
    std::uint64_t bytes_ = 0;
    Time waited_{};
};

} // namespace inlet::http
