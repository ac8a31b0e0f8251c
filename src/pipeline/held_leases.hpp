// The leases that this process holds: renewed while work goes on, and given up as lost in time if they cannot be. How
// long that is is told by a clock that does not jump; the catalog's clock only tells other processes. Floor 5. Safe
// from many threads.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "catalog/jobs.hpp"

namespace inlet {

class HeldLeases {
public:
    using Moment = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds kTime{60};
    static constexpr std::chrono::seconds kRenewEvery{15};

    // `jobs` is borrowed. `worker`: as others see who has a lease. `lost`: told of each that is lost, on the thread of
    // renew(). `now`: for tests.
    HeldLeases(
        Jobs& jobs, std::string worker, std::function<void(SubmissionId)> lost,
        std::function<Moment()> now = [] { return std::chrono::steady_clock::now(); })
        : jobs_(jobs), worker_(std::move(worker)), lost_(std::move(lost)), now_(std::move(now)) {}

    // Nothing: another has it. Errors: the catalog's.
    Result<std::optional<JobRecord>> take(SubmissionId id);
    // Nobody need wait for its end.
    void give_back(SubmissionId id);
    // To be called every kRenewEvery.
    void renew();

private:
    struct Held {
        LeaseNumber lease;
        Moment until;
    };

    Jobs& jobs_;
    const std::string worker_;
    const std::function<void(SubmissionId)> lost_;
    const std::function<Moment()> now_;
    std::mutex mutex_;
    std::map<SubmissionId, Held> held_; // behind mutex_
};

} // namespace inlet
