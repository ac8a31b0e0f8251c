// What keeping and forgetting came to, as JSON: one form for the command line and the fronts. Floor 5; plain functions.
#pragma once

#include "base/json_writer.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/verify_work.hpp"

namespace inlet {

// Each one object.
void write_erased(JsonWriter& json, const Pipeline::Erased& erased, bool dry_run);
void write_pruned(JsonWriter& json, const Pipeline::Pruned& pruned, bool dry_run);
void write_verification(JsonWriter& json, const Verification& found, std::optional<std::int64_t> generation);

} // namespace inlet
