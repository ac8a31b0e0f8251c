// Which of the submissions that wait is worked on next: those to one dataset in the order of their receipt, of the
// others the sender's turn that is due longest. Floor 5; plain functions.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catalog/submission_record.hpp"
#include "contract/project.hpp"
#include "pipeline/publish_turns.hpp"

namespace inlet {

// Those that it brings something to. Of an undo none, since it takes its turn when it is asked for.
std::set<std::string> datasets_of(const SubmissionRecord& record, const Project& project);
// Who sends, and where to: each has its turns.
std::string lane_of(const SubmissionRecord& record);

// Of submissions that wait, in the order of their receipt, those that come before the last one because of the datasets
// that they share with it, or with one of those; and the last one.
std::vector<SubmissionId> needed_before(const std::vector<SubmissionRecord>& waiting, const Project& project);

struct JobCandidate {
    SubmissionId id;
    std::string lane;
    std::set<std::string> datasets;
    std::uint64_t bytes = 0;
    bool is_running = false;
    bool is_put_off = false; // it is not tried again yet
};

// From so many bytes on a delivery is a large one, and large ones leave a place for others.
inline constexpr std::uint64_t kLargeBytes = 16 << 20;

// `candidates`: all that is unfinished and not held, in the order of their receipt. `places`: how many may run at once.
// Nothing: none may begin now.
std::optional<SubmissionId> choose_job(const std::vector<JobCandidate>& candidates, const Lanes& lanes,
                                       std::size_t places);

} // namespace inlet
