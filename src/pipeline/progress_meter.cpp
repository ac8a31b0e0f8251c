#include "pipeline/progress_meter.hpp"

namespace inlet {

void ProgressMeter::enter(SubmissionId submission, SubmissionState state, std::uint64_t bytes_total,
                          std::uint64_t rows) {
    if (!listener_) return;
    const std::lock_guard lock(mutex_);
    progress_ = {submission, state, 0, bytes_total, rows};
    told_at_ = clock_.now();
    listener_(progress_);
}

void ProgressMeter::add(SubmissionId submission, std::uint64_t bytes) {
    if (!listener_) return;
    const std::lock_guard lock(mutex_);
    if (progress_.submission != submission) return; // of several at once, the one that began last is shown
    progress_.bytes += bytes;
    const Timestamp now = clock_.now();
    if (now - told_at_ < kInterval) return;
    told_at_ = now;
    listener_(progress_);
}

} // namespace inlet
