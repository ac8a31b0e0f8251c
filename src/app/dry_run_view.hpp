// What publishing would do, for a person and as JSON. Floor 7; pure functions.
#pragma once

#include <string>

#include "app/console.hpp"
#include "pipeline/pipeline.hpp"

namespace inlet {

// Parts with their errors and the first changed rows, and the models that would change.
std::string dry_run_text(const Pipeline::DryRun& run, const Project& project, const Console& console);

// "held: 5 rows would go ...".
std::string state_text(const Pipeline::DryRun& run, Paint paint);

// Members of an object: those of `load`, then "changes" (by part: counts and sample rows) and "models".
void write_dry_run(JsonWriter& json, const Pipeline::DryRun& run, const Project& project);

} // namespace inlet
