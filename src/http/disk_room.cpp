#include "http/disk_room.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace inlet::http {

namespace {

constexpr std::uint64_t kCheckBytes = 8 << 20; // between two looks at the disk

} // namespace

DiskRoom::Share::~Share() {
    if (room_ != nullptr) room_->promised_ -= promised_;
}

Status DiskRoom::Share::receive(std::uint64_t count) {
    if (room_ == nullptr) return {};
    const std::uint64_t kept = std::min(count, promised_);
    promised_ -= kept;
    room_->promised_ -= kept;
    unchecked_ += count;
    if (unchecked_ < kCheckBytes) return {};
    unchecked_ = 0;
    return room_->check(0, keep_free_);
}

Status DiskRoom::take(std::uint64_t announced, std::uint64_t keep_free, Share& share) {
    const std::uint64_t others = promised_.fetch_add(announced);
    share.room_ = this;
    share.promised_ = announced;
    share.keep_free_ = keep_free;
    return check(others + announced, keep_free);
}

Status DiskRoom::check(std::uint64_t coming, std::uint64_t keep_free) const {
    const auto free = free_bytes_ ? free_bytes_() : std::nullopt;
    // Written so that no sum can wrap.
    if (!free || (*free >= keep_free && *free - keep_free >= coming)) return {};
    if (coming == 0) {
        return fail(FailureCode::disk_full,
                    fmt::format("{} bytes are free where the data is kept, and {} are to stay so", *free, keep_free));
    }
    return fail(FailureCode::disk_full, fmt::format("{} bytes are free where the data is kept, of which {} are to stay "
                                                    "so, and {} are announced",
                                                    *free, keep_free, coming));
}

} // namespace inlet::http
