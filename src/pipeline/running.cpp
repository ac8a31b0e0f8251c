#include "pipeline/running.hpp"

namespace inlet {

Status StopFlag::check() const {
    const std::optional<FailureCode> why = why_;
    if (!why) return {};
    return fail(*why, "the work was told to stop");
}

Running::Claim Running::claim(SubmissionId id) {
    std::unique_lock lock(mutex_);
    released_.wait(lock, [&] { return !flags_.contains(id); });
    auto flag = std::make_shared<StopFlag>();
    flags_[id] = flag;
    return {*this, id, std::move(flag)};
}

void Running::stop(SubmissionId id, FailureCode why) {
    const std::lock_guard lock(mutex_);
    if (const auto found = flags_.find(id); found != flags_.end()) found->second->ask(why);
}

void Running::wait_until_free(SubmissionId id) {
    std::unique_lock lock(mutex_);
    released_.wait(lock, [&] { return !flags_.contains(id); });
}

void Running::release(SubmissionId id) {
    {
        const std::lock_guard lock(mutex_);
        flags_.erase(id);
    }
    released_.notify_all();
}

void DeliveriesGate::lock() {
    std::unique_lock lock(mutex_);
    ++wanting_;
    moved_.wait(lock, [&] { return sharing_ == 0 && !alone_; });
    --wanting_;
    alone_ = true;
}

void DeliveriesGate::unlock() {
    {
        const std::lock_guard lock(mutex_);
        alone_ = false;
    }
    moved_.notify_all();
}

void DeliveriesGate::lock_shared() {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] { return wanting_ == 0 && !alone_; });
    ++sharing_;
}

void DeliveriesGate::unlock_shared() {
    {
        const std::lock_guard lock(mutex_);
        --sharing_;
    }
    moved_.notify_all();
}

} // namespace inlet
