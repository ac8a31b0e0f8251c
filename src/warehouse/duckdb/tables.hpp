// Which tables the file holds: datasets and models, their columns by contract revision, keys, and what is pruned. A
// value, read from `_inlet` within a transaction; the warehouse keeps the committed one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "contract/project.hpp"
#include "warehouse/duckdb/connection.hpp"

namespace inlet::duck {

// The layout of the file that this program writes. A file with a higher number is refused.
inline constexpr std::int64_t kFormatVersion = 1;

struct StoredColumn {
    std::string name;
    std::string type; // DuckDB's

    bool operator==(const StoredColumn&) const = default;
};

// How a table looked from a version on.
struct Revision {
    std::int64_t number = 1;
    Version from; // the first version that could be published under it
    std::string definition;
    std::vector<StoredColumn> columns;
};

struct StoredTable {
    std::string name;
    bool model = false;
    Version pruned_below;
    std::vector<Revision> revisions; // oldest first, at least one
    Schema schema;                   // of a dataset, current
    std::string sql;                 // of a model
    std::vector<std::size_t> key;    // positions of columns; empty: none
    std::vector<std::size_t> unique; // positions of unique columns outside a key of one column

    const Revision& current() const { return revisions.back(); }
    const std::vector<StoredColumn>& columns() const { return revisions.back().columns; }
    // The revision that stood at a version.
    const Revision& at(Version version) const;
};

using Tables = std::map<std::string, StoredTable, std::less<>>;

// Makes `_inlet` in an empty file. Error: format-too-new.
Status prepare_file(Connection& connection, bool read_only);
Result<Tables> load_tables(Connection& connection);
Result<Version> last_version(Connection& connection);

// Makes or changes the tables of the datasets within the current transaction; `tables` is what stands. Error:
// contract-changed.
Status define_datasets(Connection& connection, const Tables& tables, const std::vector<Dataset>& datasets);

// The tables of a new dataset or model, and its line in `_inlet.contracts`.
Status create_tables(Connection& connection, const std::string& name, const Revision& revision,
                     const std::vector<std::size_t>& key, bool model);
// Drops them, with all revisions.
Status drop_tables(Connection& connection, const StoredTable& table);

// "a", "b" with an optional prefix ahead of each name, as in `l."a", l."b"`.
std::string column_list(const std::vector<StoredColumn>& columns, std::string_view prefix = "");

} // namespace inlet::duck
