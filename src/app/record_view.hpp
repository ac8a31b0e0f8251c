// Submissions and what became of them, for a person. Floor 7; pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/paint.hpp"
#include "catalog/catalog.hpp"
#include "catalog/record_json.hpp"
#include "records/violation.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

// Lines of folded errors that the report of a load shows for a part.
inline constexpr std::size_t kReportLines = 8;

// "published" in green, "held" in yellow, "rejected" and "failed" in red.
std::string painted_state(SubmissionState state, Paint paint);

// "3 inserted, 2 updated, 1 deleted", what is zero left out; "no change".
std::string counts_text(const ChangeCounts& counts);
ChangeCounts counts_of(const PartRecord& part);

// A part in a few lines: where it went, how many records, what changed, and the folded errors below. `number` counts
// from 1.
std::string part_text(const PartRecord& part, const std::vector<std::string>& errors, Paint paint);

// "published as version 1 (submission 1) in 0.42 s", with the reason in words where there is one.
std::string outcome_text(const SubmissionRecord& record, Paint paint, std::optional<double> seconds = {});

// The code of the reason and what to do about it, a line each; empty if there is no reason.
std::string way_out_text(const SubmissionRecord& record, Paint paint);

// The exit code of a command that brought a submission where it is.
int exit_code_for(const SubmissionRecord& record);

// Command lines that make sense next, and what each is for.
using NextSteps = std::vector<std::pair<std::string, std::string>>;
NextSteps next_steps(const SubmissionRecord& record);
std::string next_steps_text(const NextSteps& steps, Paint paint);

} // namespace inlet
