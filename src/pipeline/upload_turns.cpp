#include "pipeline/upload_turns.hpp"

#include <atomic>
#include <chrono>

#include <fmt/format.h>

namespace inlet {

namespace {

constexpr Timestamp kHangs = 5'000'000;        // microseconds without a byte
constexpr std::chrono::seconds kGivingWay{10}; // for what was received to become safe

} // namespace

struct UploadTurns::Holder {
    std::string id;
    std::function<void()> give_way;
    std::atomic<Timestamp> moved_at;
};

UploadTurns::Turn::~Turn() {
    if (owner_ == nullptr) return;
    const std::scoped_lock lock(owner_->mutex_);
    owner_->holders_.erase(holder_->id);
    owner_->ended_.notify_all();
}

void UploadTurns::Turn::moved() { holder_->moved_at = owner_->clock_.now(); }

Result<UploadTurns::Turn> UploadTurns::take(const std::string& id, Manner manner, std::function<void()> give_way) {
    const auto locked = [&] {
        return fail(FailureCode::upload_locked, fmt::format("another request is sending to upload {}", id));
    };
    const auto until = std::chrono::steady_clock::now() + kGivingWay;
    std::unique_lock lock(mutex_);
    for (;;) {
        const auto found = holders_.find(id);
        if (found == holders_.end()) break;
        Holder& other = *found->second;
        const bool hangs = clock_.now() - other.moved_at >= kHangs;
        if (manner == Manner::polite || (manner == Manner::impatient && !hangs)) return locked();
        if (other.give_way) std::exchange(other.give_way, nullptr)();
        if (ended_.wait_until(lock, until) == std::cv_status::timeout) return locked();
    }
    auto holder = std::make_shared<Holder>();
    holder->id = id;
    holder->give_way = std::move(give_way);
    holder->moved_at = clock_.now();
    holders_.emplace(id, holder);
    return Turn(this, std::move(holder));
}

} // namespace inlet
