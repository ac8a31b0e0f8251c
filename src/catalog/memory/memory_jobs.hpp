// Jobs in a map. Floor 3, for the memory catalog alone. Safe from many threads.
#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "catalog/jobs.hpp"
#include "catalog/submission_record.hpp"

namespace inlet {

class MemoryJobs final : public Jobs {
public:
    // The clock is borrowed. `state`: of the submission, if there is one.
    MemoryJobs(const Clock& clock, std::function<std::optional<SubmissionState>(SubmissionId)> state)
        : clock_(clock), state_(std::move(state)) {}

    Result<std::optional<JobRecord>> lease(SubmissionId id, const std::string& worker,
                                           std::chrono::seconds time) override;
    Status extend(SubmissionId id, LeaseNumber lease, std::chrono::seconds time) override;
    Status put_off(SubmissionId id, LeaseNumber lease, std::chrono::milliseconds pause, const std::string& code,
                   const std::string& reason) override;
    Status release(SubmissionId id, LeaseNumber lease) override;
    Status release_all() override;
    Result<std::vector<JobRecord>> all() override;

    // Whether it is the submission's lease.
    bool holds(SubmissionId id, LeaseNumber lease) const;
    void end(SubmissionId id); // the submission needs no work any more

private:
    Result<JobRecord*> held(SubmissionId id, LeaseNumber lease);

    const Clock& clock_;
    const std::function<std::optional<SubmissionState>(SubmissionId)> state_;
    mutable std::mutex mutex_;               // over all below
    std::map<SubmissionId, JobRecord> jobs_; // by submission
    std::int64_t last_ = 0;                  // lease given
};

} // namespace inlet
