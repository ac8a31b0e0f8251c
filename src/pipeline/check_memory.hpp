// What is known of deliveries until they are published, because it was done on the way: checks made while they were
// received, so that a file is not checked twice, and whose kept bytes need not be held against their hash again.
// Floor 5. Safe from many threads.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "pipeline/part_checker.hpp"

namespace inlet {

class CheckMemory {
public:
    void remember(SubmissionId id, CheckedPart part) {
        const std::lock_guard lock(mutex_);
        if (parts_.size() == kPartsMax) parts_.pop_front();
        parts_.emplace_back(id, std::move(part));
    }

    // Nothing if it was never there or had to make room: then the part is checked again.
    std::optional<CheckedPart> take(SubmissionId id) {
        const std::lock_guard lock(mutex_);
        for (auto entry = parts_.begin(); entry != parts_.end(); ++entry) {
            if (entry->first != id) continue;
            std::optional<CheckedPart> part(std::move(entry->second));
            parts_.erase(entry);
            return part;
        }
        return std::nullopt;
    }

    // Its kept bytes were hashed just now, in being written or read.
    void note_whole(SubmissionId id) {
        const std::lock_guard lock(mutex_);
        if (whole_.size() == kWholeMax) whole_.pop_front();
        whole_.push_back(id);
    }

    // Whether that was noted; once.
    bool take_whole(SubmissionId id) {
        const std::lock_guard lock(mutex_);
        return std::erase(whole_, id) > 0;
    }

private:
    static constexpr std::size_t kPartsMax = 16; // each holds up to 1000 violations, and may hold spilled keys on disk
    static constexpr std::size_t kWholeMax = 1000;

    std::mutex mutex_;
    std::deque<std::pair<SubmissionId, CheckedPart>> parts_; // behind mutex_
    std::deque<SubmissionId> whole_;                         // behind mutex_
};

} // namespace inlet
