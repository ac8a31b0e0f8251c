// Reads: statements whose result goes to a sink or comes as text, and the SQL of a table as of a version.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "warehouse/duckdb/connection.hpp"
#include "warehouse/duckdb/result_batches.hpp"
#include "warehouse/duckdb/tables.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::duck {

// A statement ready to be delivered: where a column's type has no ResultKind it is cast.
struct Reading {
    Prepared statement;
    std::vector<ResultColumn> columns;
};
// `fallback`: the code for what DuckDB finds wrong with the statement.
Result<Reading> prepare_reading(Connection& connection, const std::string& sql, FailureCode fallback);

using TextRow = std::vector<std::optional<std::string>>;
// Each row of the result, values as text.
Status each_row(Connection& connection, const std::string& sql, const std::function<Status(TextRow&&)>& row);

// A value as text, as the diff and exports show it; nothing if there is none.
std::optional<std::string> cell_text(const Column& column, std::size_t row);

// `SELECT` of the table as of a version (nothing: now): the columns of the revision that stood then, _version,
// _submission. `catalog`, when given, is put ahead of the names of tables, so that views of the same name do not shadow
// them.
std::string select_as_of(const StoredTable& table, std::optional<Version> version, const std::string& catalog = "");

// Errors: unknown-version, version-pruned.
Status check_as_of(const StoredTable& table, Version version, Version last);
Status check_version(Version version, Version last);

} // namespace inlet::duck
