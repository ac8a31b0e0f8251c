// Whether submissions may be taken back: the rules of docs/versions.md, Undo, and the cascade. Used under the writer
// lock, in a transaction.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "warehouse/duckdb/connection.hpp"
#include "warehouse/duckdb/events.hpp"
#include "warehouse/duckdb/tables.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::duck {

// A submission whose activity the undo changes.
struct Flip {
    std::size_t place = 0; // among the events
    SubmissionId id;
    Version version;
    bool comes_back = false; // otherwise it goes
};

struct UndoPlan {
    std::set<SubmissionId> targets; // with what the cascade added
    std::vector<Flip> flips;        // from the earliest to the latest
    std::set<std::string> datasets; // that a target published to
};

// Errors: bad-argument, already-published, not-undoable, already-undone, superseded-by-snapshot, version-pruned,
// undo-conflict.
Result<UndoPlan> plan_undo(Connection& db, const Tables& tables, const Events& events, const UndoRequest& request);

// A temporary table of flips or events that statements join with: _id, _at (version), _rank, _back.
Status make_event_table(Connection& db, const std::string& name, const std::vector<Flip>& flips);

// SELECT of the past rows of a table under its present columns, with _version, _submission, _until and _ended_by.
std::string past_rows(const StoredTable& table);

} // namespace inlet::duck
