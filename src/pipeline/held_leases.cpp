#include "pipeline/held_leases.hpp"

#include <utility>
#include <vector>

namespace inlet {

Result<std::optional<JobRecord>> HeldLeases::take(SubmissionId id) {
    const Moment asked = now_(); // it lasts from then on at the least
    auto given = TRY(jobs_.lease(id, worker_, kTime));
    if (given) {
        const std::lock_guard lock(mutex_);
        held_[id] = {given->lease, asked + kTime};
    }
    return given;
}

void HeldLeases::give_back(SubmissionId id) {
    std::unique_lock lock(mutex_);
    const auto found = held_.find(id);
    if (found == held_.end()) return;
    const LeaseNumber lease = found->second.lease;
    held_.erase(found);
    lock.unlock();
    (void)jobs_.release(id, lease); // else it ends by itself
}

void HeldLeases::renew() {
    std::unique_lock lock(mutex_);
    const std::map<SubmissionId, Held> all = held_;
    lock.unlock();
    for (const auto& [id, held] : all) {
        const Moment asked = now_();
        const Status extended = jobs_.extend(id, held.lease, kTime);
        const bool is_lost = !extended && (extended.error().code == FailureCode::lease_lost || now_() >= held.until);
        lock.lock();
        const auto found = held_.find(id);
        const bool is_same = found != held_.end() && found->second.lease == held.lease;
        if (is_same && extended) found->second.until = asked + kTime;
        if (is_same && is_lost) held_.erase(found);
        lock.unlock();
        if (is_same && is_lost) lost_(id);
    }
}

} // namespace inlet
