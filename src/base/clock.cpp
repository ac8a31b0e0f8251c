// The system's clock.
#include "base/clock.hpp"

#include <chrono>

namespace inlet {

Timestamp SystemClock::now() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

} // namespace inlet
