// Models: tables that SQL derives from others, recomputed within the transaction that changed what they read. Used
// under the writer lock.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "warehouse/duckdb/connection.hpp"
#include "warehouse/duckdb/publication.hpp"
#include "warehouse/duckdb/tables.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::duck {

// Recomputes the models that read one of `changed` (or whose own definition changed), in their order, and writes the
// differences as `version`. `tables` and `lines` follow. Errors: model-failed, bad-argument.
Result<std::vector<ModelOutcome>> refresh_models(Connection& db, Tables& tables, const std::vector<Model>& models,
                                                 std::set<std::string> changed, Version version,
                                                 std::vector<VersionLine>& lines);

// The datasets that the lines changed.
std::set<std::string> changed_by(const std::vector<VersionLine>& lines);

} // namespace inlet::duck
