// Removes rows for good, as docs/versions.md (Erasing) says. Floor 3; one thread at a time.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "warehouse/memory/state.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::memory {

// Publishes the erasure into `state` as `version`, models aside; on an Error `state` is as it was.
Result<EraseOutcome> erase(State& state, const EraseRequest& request, Version version);
// What models held before the version.
void forget_history(State& state, const std::vector<Model>& models, Version version);
// The version of an erasure or a purge; nothing if the submission is none.
std::optional<Version> erased_at(const State& state, SubmissionId id, std::string_view dataset);

} // namespace inlet::memory
