// Tells whoever listens how far a submission is, not more often than anybody could look. Floor 5. Safe from many
// threads.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>

#include "base/clock.hpp"
#include "pipeline/pipeline.hpp"

namespace inlet {

class ProgressMeter {
public:
    // The clock is borrowed.
    ProgressMeter(const Clock& clock, std::function<void(const Progress&)> listener)
        : clock_(clock), listener_(std::move(listener)) {}

    // A new state, with nothing of it done yet. `bytes_total`: 0 if not known.
    void enter(SubmissionId submission, SubmissionState state, std::uint64_t bytes_total, std::uint64_t rows = 0);
    // More bytes of that state are done.
    void add(SubmissionId submission, std::uint64_t bytes);

private:
    static constexpr Timestamp kInterval = 100'000;

    const Clock& clock_;
    const std::function<void(const Progress&)> listener_;
    std::mutex mutex_; // over all below, and over calls of the listener
    Progress progress_;
    Timestamp told_at_ = 0;
};

} // namespace inlet
