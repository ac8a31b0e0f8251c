// DuckDB's chunks as record batches: what reads and queries hand to a ResultSink. Numbers are copied, text is borrowed
// from the chunk.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "warehouse/duckdb/connection.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::duck {

// The kind a DuckDB type is delivered as, and whether it has to be cast in SQL first: to VARCHAR, to JSON ...
struct Delivery {
    ResultKind kind = ResultKind::text;
    const char* cast = nullptr; // "CAST(%s AS VARCHAR)" in fmt's notation with one {}, null: as it is
};
Delivery delivery_of(duckdb_logical_type type);

// Runs a prepared statement, streaming, and hands its rows on; columns are named by `columns`. Every column must be
// deliverable as it is. `fallback` is the code for what DuckDB finds wrong while it runs.
Status deliver(duckdb_prepared_statement statement, const std::vector<ResultColumn>& columns, FailureCode fallback,
               ResultSink& sink);

} // namespace inlet::duck
