// What one part does to its dataset: its rows staged in a temporary table, compared with the live rows, and written.
// The temporary tables live in the publishing transaction and vanish with it. Used by one thread, under the writer
// lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "warehouse/duckdb/connection.hpp"
#include "warehouse/duckdb/keyed_diff.hpp"
#include "warehouse/duckdb/reading.hpp"
#include "warehouse/duckdb/row_feed.hpp"
#include "warehouse/duckdb/tables.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::duck {

// Values of the column _kind of a delta. `spared`: a deletion that a guard forbids; `same` also when an undo writes a
// row anew.
enum class DeltaKind : std::int8_t { same = 0, insert = 1, update = 2, remove = 3, spared = 4 };

// The part's rows come from its feed or, where they have to be looked at more than once, from the table `stage`:
// columns c0, c1 ... as the schema's fields, and _order. Large parts are compared by a KeyedDiff, which then holds
// them. The differences are in `delta`: _kind, _rid (the live row's rowid), _order (of the record), n0, n1 ... (the new
// values), o0, o1 ... (the old ones), _over and _osub (_version and _submission of the old row). Rows that stand as
// sent are in it only if `same_kept`.
struct ChangeSet {
    const StoredTable* table = nullptr;
    const PublishPart* part = nullptr;
    std::unique_ptr<FeedScope> feed;
    std::string stage;               // empty: not staged
    std::unique_ptr<KeyedDiff> diff; // null: the comparison is DuckDB's
    std::string delta;               // empty: rows go into the live table as they are
    bool same_kept = false;
    bool settles = false;
    std::uint64_t sent = 0;     // rows of the part, repeats of a key counted once
    std::uint64_t left_out = 0; // of them, those that the judge left out of the delta
    ChangeCounts counts;
    std::uint64_t held_deletes = 0;
    std::uint64_t skipped_deletes = 0;

    std::string source() const { return stage.empty() ? feed->sql() : stage; }
    Error blame(Error error) const {
        if (diff != nullptr) error = diff->blame(std::move(error));
        return feed == nullptr ? error : feed->blame(std::move(error));
    }
};

// Whether the part's rows only say which live rows go.
inline bool only_removes(const PublishPart& part) {
    return part.effect == Effect::delete_missing || part.effect == Effect::remove;
}

Status stage_rows(Connection& db, ChangeSet& change, const std::string& name);
// Keeps the last of several staged records with one key.
Status drop_repeats(Connection& db, ChangeSet& change);
// Fills `change.delta` (named `name`): the effect of the part without any guard.
Status compare(Connection& db, ChangeSet& change, const std::string& name);
// Sets the counts by what is in the delta.
Status count_delta(Connection& db, ChangeSet& change);
// Writes the change as (version, submission). Where there is no delta the counts are set now.
Status apply(Connection& db, ChangeSet& change, Version version, SubmissionId submission);
// Up to `limit` changed rows, after apply().
Result<std::vector<ChangedRow>> sample(Connection& db, const ChangeSet& change, Version version,
                                       SubmissionId submission, std::size_t limit);
Status drop_tables(Connection& db, ChangeSet& change);

// A row of a delta as text: its kind, then `width` values before, then as many after.
ChangedRow changed_row(const TextRow& row, std::size_t width);

// A condition between staged rows `s` and live rows `l`: same key; other values.
std::string same_key(const StoredTable& table);
std::string other_values(const StoredTable& table);
// "s.c0, s.c1" for all columns, or for those named.
std::string position_list(std::string_view prefix, std::size_t count);
std::string position_list(std::string_view prefix, const std::vector<std::size_t>& positions);

} // namespace inlet::duck
