#include "pipeline/publish_turns.hpp"

#include <algorithm>
#include <tuple>

namespace inlet {

void Lanes::served(const std::string& lane) {
    last_[lane] = ++count_;
    if (last_.size() <= kRemembered) return;
    const std::uint64_t forgotten = count_ - kRemembered / 2;
    std::erase_if(last_, [&](const auto& one) { return one.second < forgotten; });
}

std::uint64_t Lanes::last(const std::string& lane) const {
    const auto found = last_.find(lane);
    return found == last_.end() ? 0 : found->second;
}

void PublishTurns::lock(const std::string& lane, std::uint64_t bytes) {
    std::unique_lock lock(mutex_);
    const auto self = waiting_.insert(waiting_.end(), {lane, bytes});
    moved_.wait(lock, [&] { return !taken_ && next() == self; });
    waiting_.erase(self);
    taken_ = true;
    lanes_.served(lane);
}

void PublishTurns::unlock() {
    {
        const std::lock_guard lock(mutex_);
        taken_ = false;
    }
    moved_.notify_all();
}

std::list<PublishTurns::Waiter>::iterator PublishTurns::next() {
    return std::ranges::min_element(
        waiting_, {}, [&](const Waiter& waiter) { return std::tuple(lanes_.last(waiter.lane), waiter.bytes); });
}

} // namespace inlet
