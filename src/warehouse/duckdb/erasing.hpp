// Removes rows for good, live and past, as docs/versions.md (Erasing) has it; and counts the rows that came and went.
// Erasing is used under the writer lock.
#pragma once

#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "warehouse/duckdb/connection.hpp"
#include "warehouse/duckdb/publication.hpp"
#include "warehouse/duckdb/tables.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::duck {

// Leaves no transaction open. `tables` follows what models change.
Result<EraseOutcome> erase_rows(Connection& db, Tables& tables, const Clock& clock, const EraseRequest& request,
                                const Commit& commit);

// See Warehouse::row_flows().
Result<std::vector<RowFlow>> count_row_flows(Connection& db, const StoredTable& table);

} // namespace inlet::duck
