// Counts failed authentications by address, so that guessing is slow and cheap to us. Floor 4. Safe from many threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace inlet {

class FailedAttempts {
public:
    static constexpr std::size_t kMost = 20; // of an address within a minute
    static constexpr std::size_t kAddressesMax = 10'000;

    explicit FailedAttempts(const Clock& clock) : clock_(clock) {} // borrowed

    void note(std::string_view address);
    // How long the address must wait before it is listened to again; 0: not at all.
    std::chrono::seconds wait(std::string_view address);

private:
    struct Window {
        Timestamp begin = 0;
        std::size_t failures = 0;
    };
    bool is_over(const Window& window) const;
    void make_room();

    const Clock& clock_;
    std::mutex mutex_; // over all below
    std::map<std::string, Window, std::less<>> windows_;
};

} // namespace inlet
