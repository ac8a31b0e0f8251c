// Undo as docs/versions.md has it: who is active, what may be taken back, and which rows come and go. Used under the writer lock.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "warehouse/duckdb/connection.hpp"
#include "warehouse/duckdb/publication.hpp"
#include "warehouse/duckdb/tables.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::duck {

// Leaves no transaction open. `tables` follows what models change.
Result<UndoOutcome> undo_submissions(Connection& db, Tables& tables, const Clock& clock, const UndoRequest& request, const Commit& commit);

Result<bool> is_undone(Connection& db, SubmissionId submission);

// "3 5 8" as ids.
std::vector<SubmissionId> parse_ids(const std::string& text);

} // namespace inlet::duck
