// Named moments at which the kill tests end the process: just before and after whatever makes a step durable. Floor 0.
#pragma once

namespace inlet {

// Ends the process at once, as kill -9 would, if the environment's INLET_DIE_AT equals `name` (or `name:n`: at the n-th
// time). Costs a pointer comparison otherwise. Names are listed in docs/crash-points.md.
void commit_point(const char* name);

} // namespace inlet
