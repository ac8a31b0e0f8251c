// Takes submissions and undos back, as docs/versions.md (Undo) says. Floor 3; one thread at a time.
#pragma once

#include "base/result.hpp"
#include "warehouse/memory/state.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::memory {

// Publishes the undo into `state` as `version`; on an Error `state` is as it was.
Result<UndoOutcome> undo(State& state, const UndoRequest& request, Version version);

} // namespace inlet::memory
