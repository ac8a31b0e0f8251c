// Everything the memory warehouse knows, as one value: copy it, change the copy, and put it in the place of the old one
// is its transaction. The words are those of docs/versions.md. Floor 3, values; one thread at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "contract/project.hpp"
#include "warehouse/memory/cells.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::memory {

struct Row {
    SharedCells cells; // in the order of the table's present columns
    Version version;
    SubmissionId submission;
};

struct PastRow {
    Row row;
    Version until;
    SubmissionId ended_by;
};

struct Touch {
    Cells key;
    Version version;
    SubmissionId submission;
};

struct Revision {
    Version from; // the first version that could be published under it
    std::vector<ResultColumn> columns;
};

struct Table {
    std::string name;
    bool model = false;
    Schema schema; // of a dataset
    std::vector<ResultColumn> columns;
    std::vector<std::size_t> key;    // positions of columns; empty: none
    std::vector<std::size_t> unique; // positions of unique columns, but for one that is the whole key
    std::vector<Revision> revisions; // oldest first
    std::vector<Row> live;
    std::vector<PastRow> past;
    std::vector<Touch> touches;
    Version pruned_below;

    Cells key_of(const Cells& cells) const;
    std::map<Cells, std::size_t> live_by_key() const; // positions in live
    std::vector<Row> as_of(Version version) const;
    const Revision& revision_at(Version version) const;
    void insert(SharedCells cells, Version version, SubmissionId submission);
    // Moves these live rows to history.
    void end(const std::set<std::size_t>& positions, Version version, SubmissionId by);
};

// A change between two sets of rows; null where there is no row.
struct RowChange {
    SharedCells before;
    SharedCells after;
};

// (b) minus (a), ordered by key; as bags in no order without a key.
std::vector<RowChange> difference(const Table& table, const std::vector<Row>& a, const std::vector<Row>& b);
ChangeCounts count(const std::vector<RowChange>& changes);
ChangedRow to_text(const Table& table, const RowChange& change);

// A submission or an undo that was published, in the order of publication.
struct Event {
    SubmissionId id;
    Version version;
    bool undo = false;
    std::vector<SubmissionId> targets;   // of an undo
    std::map<std::string, bool> settled; // every dataset it published to, and whether it settled it
};

// Who is active when nothing but these events has happened.
std::set<SubmissionId> active(const std::vector<Event>& events);

struct State {
    std::map<std::string, Table, std::less<>> tables;
    std::vector<Event> events;
    std::vector<VersionEntry> lines; // in the order they were written
    std::set<SubmissionId> purged;   // whose rows were removed
    Version last;
    Timestamp last_at = 0;

    const Event* event(SubmissionId id) const;
    // Errors: unknown-dataset.
    Result<const Table*> table(std::string_view name) const;
    // Errors: unknown-version, version-pruned.
    Status readable(const Table& table, Version version) const;
};

// The table of a dataset under its contract; rows stay. Error: contract-changed.
Status define(State& state, const Dataset& dataset);

} // namespace inlet::memory
