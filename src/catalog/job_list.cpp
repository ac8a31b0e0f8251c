#include "catalog/job_list.hpp"

#include <algorithm>
#include <tuple>

namespace inlet {

Result<std::vector<OpenJob>> open_jobs(Catalog& catalog) {
    const std::vector<JobRecord> jobs = TRY(catalog.jobs().all());
    std::vector<OpenJob> open;
    for (SubmissionRecord& record : TRY(catalog.unfinished())) {
        const bool is_open = record.state == SubmissionState::queued || record.state == SubmissionState::checking ||
                             record.state == SubmissionState::publishing;
        if (!is_open) continue;
        const auto job = std::ranges::find(jobs, record.id, &JobRecord::submission);
        open.push_back({std::move(record), job == jobs.end() ? std::nullopt : std::optional(*job)});
    }
    std::ranges::sort(open, {}, [](const OpenJob& one) { return std::tuple(one.record.received_at, one.record.id); });
    return open;
}

std::string_view job_state(const OpenJob& open) {
    if (open.record.state != SubmissionState::queued) return "running";
    return open.job && open.job->failures > 0 ? "retrying" : "waiting";
}

void write_job(JsonWriter& json, const OpenJob& open) {
    const auto moment = [&](std::string_view name, Timestamp at) {
        if (at != 0) json.member(name, iso_moment(at));
    };
    const SubmissionRecord& record = open.record;
    json.begin_object().member("submission", record.id.value).member("kind", to_string(record.kind));
    json.member("state", job_state(open)).member("submission_state", to_string(record.state));
    json.member("target", record.target).member("file", record.file_name).member("by", record.by);
    json.member("bytes", record.raw_bytes);
    moment("received_at", record.received_at);
    if (open.job) {
        const JobRecord& job = *open.job;
        if (!job.worker.empty()) {
            json.member("worker", job.worker);
            moment("since", job.since);
            moment("lease_until", job.until);
        }
        json.member("failures", job.failures);
        if (!job.code.empty()) {
            moment("next_at", job.next_at);
            json.member("code", job.code).member("reason", job.reason);
        }
    }
    json.end_object();
}

} // namespace inlet
