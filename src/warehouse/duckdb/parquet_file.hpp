// A query's result as a Parquet file.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.hpp"
#include "warehouse/duckdb/connection.hpp"

namespace inlet::duck {

// Runs the statement on `source` and writes its rows, in its order and with DuckDB's own types, by a second instance in
// memory: the one that runs the user's SQL may not touch files. The file appears whole or not at all. Errors:
// query-invalid, disk-full, io-failed.
Status write_parquet(Connection& source, const std::string& sql, const std::string& path, std::size_t memory_bytes_max);

} // namespace inlet::duck
