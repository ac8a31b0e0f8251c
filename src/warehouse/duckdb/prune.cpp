// See prune.hpp.
#include "warehouse/duckdb/prune.hpp"

#include <fmt/format.h>

#include "warehouse/duckdb/names.hpp"
#include "warehouse/duckdb/reading.hpp"

namespace inlet::duck {

Result<std::uint64_t> prune_table(Connection& db, StoredTable& table, Version version) {
    const Version last = TRY(last_version(db));
    TRY(check_version(version, last));
    if (version <= table.pruned_below) return 0;
    std::int64_t removed = 0;
    for (const Revision& revision : table.revisions) {
        removed += TRY(db.changed(fmt::format("DELETE FROM {} WHERE _until <= {}",
                                              history_table(table.name, revision.number), version.value)));
    }
    if (!table.model && !table.key.empty()) {
        TRY(db.run(fmt::format("DELETE FROM {} WHERE _version <= {}", touches_table(table.name), version.value)));
    }
    TRY(db.run(fmt::format("INSERT INTO _inlet.pruned VALUES ({}, {})", quote_text(table.name), version.value)));
    table.pruned_below = version;
    return static_cast<std::uint64_t>(removed);
}

Result<std::uint64_t> count_prunable(Connection& db, const StoredTable& table, Version version, Version last) {
    TRY(check_version(version, last));
    if (version <= table.pruned_below) return 0;
    std::int64_t rows = 0;
    for (const Revision& revision : table.revisions) {
        rows += TRY(db.number(fmt::format("SELECT count(*) FROM {} WHERE _until <= {}",
                                          history_table(table.name, revision.number), version.value)));
    }
    return static_cast<std::uint64_t>(rows);
}

} // namespace inlet::duck
