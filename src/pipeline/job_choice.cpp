#include "pipeline/job_choice.hpp"

#include <algorithm>
#include <ranges>
#include <tuple>

namespace inlet {

namespace {

bool share(const std::set<std::string>& some, const std::set<std::string>& others) {
    return std::ranges::any_of(some, [&](const std::string& name) { return others.contains(name); });
}

} // namespace

std::set<std::string> datasets_of(const SubmissionRecord& record, const Project& project) {
    std::set<std::string> datasets;
    if (record.kind == SubmissionKind::undo) return datasets;
    for (const PartRecord& part : record.parts) datasets.insert(part.dataset);
    if (record.kind == SubmissionKind::held_deletes) return datasets;
    if (!record.target_is_package) {
        if (!record.target.empty()) datasets.insert(record.target);
        return datasets;
    }
    const auto package = std::ranges::find(project.packages, record.target, &Package::name);
    if (package == project.packages.end()) return datasets;
    for (const auto& [member, dataset] : package->members) datasets.insert(dataset);
    return datasets;
}

std::string lane_of(const SubmissionRecord& record) {
    return (record.sender.empty() ? record.by : record.sender) + "\n" + record.target;
}

std::vector<SubmissionId> needed_before(const std::vector<SubmissionRecord>& waiting, const Project& project) {
    std::vector<SubmissionId> needed;
    std::set<std::string> datasets;
    for (const SubmissionRecord& record : std::views::reverse(waiting)) {
        std::set<std::string> own = datasets_of(record, project);
        if (!needed.empty() && !share(own, datasets)) continue;
        needed.push_back(record.id);
        datasets.merge(own);
    }
    std::ranges::reverse(needed);
    return needed;
}

std::optional<SubmissionId> choose_job(const std::vector<JobCandidate>& candidates, const Lanes& lanes,
                                       std::size_t places) {
    const auto is_large = [](const JobCandidate& job) { return job.bytes >= kLargeBytes; };
    std::size_t running = 0;
    std::size_t large = 0;
    for (const JobCandidate& job : candidates) {
        if (!job.is_running) continue;
        ++running;
        if (is_large(job)) ++large;
    }
    if (running >= places) return std::nullopt;
    const bool takes_large = places == 1 || large + 1 < places;
    const auto order = [&](const JobCandidate& job) { return std::tuple(lanes.last(job.lane), job.bytes); };
    const JobCandidate* next = nullptr;
    std::set<std::string> before; // datasets of those that were received earlier
    for (const JobCandidate& job : candidates) {
        const bool may_begin = !job.is_running && !job.is_put_off && !share(job.datasets, before);
        before.insert(job.datasets.begin(), job.datasets.end());
        if (!may_begin || (is_large(job) && !takes_large)) continue;
        if (next == nullptr || order(job) < order(*next)) next = &job;
    }
    if (next == nullptr) return std::nullopt;
    return next->id;
}

} // namespace inlet
