// Undo as docs/versions.md has it: what may be taken back, and which rows come and go. Used under the writer lock.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "warehouse/duckdb/connection.hpp"
#include "warehouse/duckdb/publication.hpp"
#include "warehouse/duckdb/tables.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::duck {

// Leaves no transaction open. `tables` follows what models change.
Result<UndoOutcome> undo_submissions(Connection& db, Tables& tables, const Clock& clock, const UndoRequest& request,
                                     const Commit& commit);

} // namespace inlet::duck
