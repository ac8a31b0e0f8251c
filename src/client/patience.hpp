// How long a broken line is put up with: pauses that double, until nothing has gone forward for so long. Floor 5; one
// thread.
#pragma once

#include <chrono>
#include <functional>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace inlet::client {

// Whether the same call may go well later: the line broke, or the server is busy or starting again.
bool may_pass(const Error& error);

class Patience {
public:
    static constexpr std::chrono::milliseconds kPauseFirst{250};
    static constexpr std::chrono::milliseconds kPauseMost{8000};

    struct Parts {
        const Clock& clock;
        std::chrono::seconds limit; // without anything going forward
        std::function<void(std::chrono::milliseconds)> pause;
        std::function<void(const Error&)> told; // of the first failure in a row
    };
    explicit Patience(Parts parts) : parts_(std::move(parts)) {}

    // Waits for a while, or longer if the server asks for that (`retry_after`). The error itself, if it will not pass
    // or this has gone on for too long.
    Status after(Error error);
    void moved() { failing_since_ = 0; } // something went forward

private:
    const Parts parts_;
    Timestamp failing_since_ = 0; // 0: it is not
    std::chrono::milliseconds pause_ = kPauseFirst;
};

} // namespace inlet::client
