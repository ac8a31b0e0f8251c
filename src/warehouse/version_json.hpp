// Versions as JSON: what the command line prints and the server answers. Floor 3; pure but for version_lines().
#pragma once

#include <vector>

#include "base/json_writer.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

// {"version","published_at","dataset","submission","kind","inserted","updated","deleted","by","undoes"}
void write_version(JsonWriter& json, const VersionEntry& entry);

// All lines of one version; none: there is no such version.
Result<std::vector<VersionEntry>> version_lines(Warehouse& warehouse, Version version);

} // namespace inlet
