// What changed in a table between two versions, and the live rows of some keys. Used on reading connections.
#pragma once

#include <cstddef>
#include <functional>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "warehouse/duckdb/connection.hpp"
#include "warehouse/duckdb/row_feed.hpp"
#include "warehouse/duckdb/tables.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::duck {

Result<DiffSummary> diff_versions(Connection& db, const StoredTable& table, Version a, Version b, std::size_t limit,
                                  const std::function<void(const ChangedRow&)>& each);

Status find_rows(Connection& db, FeedRegistry& feeds, const StoredTable& table, const RecordBatch& keys,
                 ResultSink& sink);

} // namespace inlet::duck
