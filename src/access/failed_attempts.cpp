#include "access/failed_attempts.hpp"

#include <algorithm>

namespace inlet {

namespace {

constexpr Timestamp kWindow = 60'000'000;

// Of IPv6 the network: whoever has one address of a /64 has them all (RFC 4291, section 2.5.1).
std::string_view network_of(std::string_view address) {
    std::size_t end = 0;
    for (int groups = 0; groups < 4; ++groups) {
        const std::size_t colon = address.find(':', end);
        if (colon == std::string_view::npos) return address; // IPv4
        if (address.substr(colon).starts_with("::")) return address.substr(0, colon);
        end = colon + 1;
    }
    return address.substr(0, end);
}

} // namespace

bool FailedAttempts::is_over(const Window& window) const { return clock_.now() - window.begin >= kWindow; }

void FailedAttempts::note(std::string_view address) {
    const std::lock_guard lock(mutex_);
    const std::string_view network = network_of(address);
    auto found = windows_.find(network);
    if (found == windows_.end()) {
        if (windows_.size() >= kAddressesMax) make_room();
        found = windows_.emplace(network, Window()).first;
    }
    if (found->second.failures == 0 || is_over(found->second)) found->second = {.begin = clock_.now(), .failures = 0};
    ++found->second.failures;
}

std::chrono::seconds FailedAttempts::wait(std::string_view address) {
    const std::lock_guard lock(mutex_);
    const auto found = windows_.find(network_of(address));
    if (found == windows_.end() || found->second.failures < kMost || is_over(found->second)) return {};
    const Timestamp left = found->second.begin + kWindow - clock_.now();
    return std::chrono::seconds(std::max<Timestamp>(1, (left + 999'999) / 1'000'000));
}

void FailedAttempts::make_room() {
    std::erase_if(windows_, [&](const auto& entry) { return is_over(entry.second); });
    if (windows_.size() < kAddressesMax) return;
    windows_.erase(std::ranges::min_element(windows_, {}, [](const auto& entry) { return entry.second.begin; }));
}

} // namespace inlet
