#include "http/body_pipe.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace inlet::http {

bool BodyPipe::has_room() const {
    const std::scoped_lock lock(mutex_);
    return reading_ && blocks_.size() < kBlocksMax;
}

void BodyPipe::push(std::vector<char> block) {
    if (block.empty()) return;
    const std::scoped_lock lock(mutex_);
    blocks_.push_back(std::move(block));
    arrived_.notify_one();
}

void BodyPipe::end(Headers trailers) {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    trailers_ = std::move(trailers);
    arrived_.notify_one();
}

void BodyPipe::break_off(Error error) {
    const std::scoped_lock lock(mutex_);
    if (!error_ && !ended_) error_ = std::move(error);
    arrived_.notify_one();
}

std::vector<char> BodyPipe::spare() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(spare_, {});
}

Result<std::size_t> BodyPipe::read(std::span<char> room) {
    std::unique_lock lock(mutex_);
    if (!reading_) {
        reading_ = true;
        lock.unlock();
        wanted_();
        lock.lock();
    }
    arrived_.wait(lock, [&] { return !blocks_.empty() || ended_ || error_; });
    if (blocks_.empty()) {
        if (error_) return fail(*error_);
        return 0;
    }
    std::vector<char>& block = blocks_.front();
    const std::size_t count = std::min(room.size(), block.size() - position_);
    std::memcpy(room.data(), block.data() + position_, count);
    position_ += count;
    if (position_ == block.size()) {
        const bool was_full = blocks_.size() == kBlocksMax;
        spare_ = std::move(block);
        blocks_.pop_front();
        position_ = 0;
        lock.unlock();
        if (was_full) wanted_();
    }
    return count;
}

Headers BodyPipe::trailers() const {
    const std::scoped_lock lock(mutex_);
    return trailers_;
}

} // namespace inlet::http
