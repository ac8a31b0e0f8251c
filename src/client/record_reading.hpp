// Back from the JSON of answers to what the catalog and the warehouse call it: the other side of catalog/record_json.
// Members that are not there are as in a record that was just made, so that an older server can be asked too. Floor 5;
// pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "catalog/catalog.hpp"
#include "client/json_tree.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::client {

// Error: server-unreachable, for a state or kind that is not known here.
Result<SubmissionRecord> read_record(const JsonTree& json);
CatalogEvent read_event(const JsonTree& json, SubmissionId submission);
VersionEntry read_version(const JsonTree& json);
ChangeCounts read_counts(const JsonTree& json); // members inserted, updated, deleted, unchanged

// What iso_moment() wrote; nothing if it did not.
std::optional<Timestamp> read_moment(std::string_view text);

} // namespace inlet::client
