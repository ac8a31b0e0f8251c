// Forgets history that retention no longer asks for. Used under the writer lock, within a transaction.
#pragma once

#include <cstdint>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "warehouse/duckdb/connection.hpp"
#include "warehouse/duckdb/tables.hpp"

namespace inlet::duck {

// Removes history that ended at or before the version, and touches up to it; `table` learns its new bound. Returns
// history rows removed.
Result<std::uint64_t> prune_table(Connection& db, StoredTable& table, Version version);
// How many those are.
Result<std::uint64_t> count_prunable(Connection& db, const StoredTable& table, Version version, Version last);

} // namespace inlet::duck
