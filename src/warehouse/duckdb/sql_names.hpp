// What a statement is and which tables it names, found in DuckDB's own parse of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "warehouse/duckdb/connection.hpp"

namespace inlet::duck {

struct NamedTable {
    std::string catalog; // empty: not named
    std::string schema;
    std::string table;
};

// All tables that the statement names, those of its own WITH among them; nothing if it is not a SELECT that DuckDB can
// parse.
Result<std::optional<std::vector<NamedTable>>> named_tables(Connection& db, const std::string& sql);

// Refuses what is not one SELECT or EXPLAIN without parameters. Errors: `invalid` for what DuckDB cannot run,
// query-not-read-only.
Status check_select(Connection& db, const std::string& sql, FailureCode invalid);

// For comparing names as DuckDB does: ASCII letters in lower case.
std::string folded(std::string_view name);

} // namespace inlet::duck
