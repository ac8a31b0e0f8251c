#include "catalog/memory/memory_jobs.hpp"

#include "catalog/rules.hpp"

namespace inlet {

Result<std::optional<JobRecord>> MemoryJobs::lease(SubmissionId id, const std::string& worker,
                                                   std::chrono::seconds time) {
    const auto state = state_(id);
    if (!state) return fail(unknown_submission(id));
    if (ends_job(*state)) return std::nullopt;
    const std::lock_guard lock(mutex_);
    const Timestamp now = clock_.now();
    JobRecord job;
    if (const auto found = jobs_.find(id); found != jobs_.end()) job = found->second;
    if (is_taken(job, worker, now)) return std::nullopt;
    job.submission = id;
    job.lease = LeaseNumber(++last_);
    job.worker = worker;
    job.since = now;
    job.until = now + in_microseconds(time);
    jobs_[id] = job;
    return job;
}

Result<JobRecord*> MemoryJobs::held(SubmissionId id, LeaseNumber lease) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end() || found->second.lease != lease || found->second.worker.empty())
        return fail(lease_lost(id));
    return &found->second;
}

Status MemoryJobs::extend(SubmissionId id, LeaseNumber lease, std::chrono::seconds time) {
    const std::lock_guard lock(mutex_);
    TRY(held(id, lease))->until = clock_.now() + in_microseconds(time);
    return {};
}

Status MemoryJobs::put_off(SubmissionId id, LeaseNumber lease, std::chrono::milliseconds pause, const std::string& code,
                           const std::string& reason) {
    const std::lock_guard lock(mutex_);
    JobRecord& job = *TRY(held(id, lease));
    ++job.failures;
    job.next_at = clock_.now() + in_microseconds(pause);
    job.code = code;
    job.reason = reason;
    return {};
}

Status MemoryJobs::release(SubmissionId id, LeaseNumber lease) {
    const std::lock_guard lock(mutex_);
    if (auto job = held(id, lease)) (*job)->worker.clear();
    return {};
}

Status MemoryJobs::release_all() {
    const std::lock_guard lock(mutex_);
    for (auto& [id, job] : jobs_) job.worker.clear();
    return {};
}

Result<std::vector<JobRecord>> MemoryJobs::all() {
    const std::lock_guard lock(mutex_);
    std::vector<JobRecord> jobs;
    for (const auto& [id, job] : jobs_) jobs.push_back(job);
    return jobs;
}

bool MemoryJobs::holds(SubmissionId id, LeaseNumber lease) const {
    const std::lock_guard lock(mutex_);
    const auto found = jobs_.find(id);
    return found != jobs_.end() && found->second.lease == lease && !found->second.worker.empty();
}

void MemoryJobs::end(SubmissionId id) {
    const std::lock_guard lock(mutex_);
    jobs_.erase(id);
}

} // namespace inlet
