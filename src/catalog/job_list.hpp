// What is worked on, and what waits for it, as people and programs look at it. Floor 3; plain functions.
#pragma once

#include <optional>
#include <vector>

#include "base/json_writer.hpp"
#include "catalog/catalog.hpp"

namespace inlet {

struct OpenJob {
    SubmissionRecord record;
    std::optional<JobRecord> job; // once it was begun
};

// Submissions that wait or are being worked on, small ones aside, in the order of their receipt. The catalog's errors.
Result<std::vector<OpenJob>> open_jobs(Catalog& catalog);

// "running"; "waiting"; "retrying": it failed, and is tried again.
std::string_view job_state(const OpenJob& open);

void write_job(JsonWriter& json, const OpenJob& open);

} // namespace inlet
