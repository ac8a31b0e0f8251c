// The user's own SQL: one statement that only reads, over datasets, models and views, now or as of a version. Used on
// reading connections. Three things keep it reading: DuckDB runs without access to files and with its configuration
// locked, the transaction is read-only, and only SELECT and EXPLAIN are run at all.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "contract/project.hpp"
#include "warehouse/duckdb/connection.hpp"
#include "warehouse/duckdb/tables.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::duck {

// Errors: query-invalid, query-not-read-only, unknown-version, version-pruned.
Status run_query(Connection& db, const Tables& tables, Version last, const std::string& sql,
                 const std::vector<View>& views, std::optional<Version> as_of, ResultSink& sink);

// Writes the result to a Parquet file, whole or not at all. The file is written by an instance of its own, which never
// sees the user's SQL.
Status run_query_to_parquet(Connection& db, const Tables& tables, Version last, const std::string& sql,
                            const std::vector<View>& views, std::optional<Version> as_of, const std::string& path,
                            std::size_t memory_bytes_max);

} // namespace inlet::duck
