// Submissions as JSON: what the command line prints and the server answers. Floor 3; pure functions.
#pragma once

#include <vector>

#include "base/json_writer.hpp"
#include "catalog/catalog.hpp"

namespace inlet {

// {"code","field","count"} for each; `field` is null for the record or file as a whole.
void write_counts(JsonWriter& json, const std::vector<CodeCount>& counts);
// {"name","dataset","rows","accepted","rejected","inserted","updated","deleted","unchanged","superseded","held_deletes","skipped_deletes","errors_total","counts","errors_sha256","rejects_sha256"}
void write_part(JsonWriter& json, const PartRecord& part);
// Members of the object that `load` prints, without its braces: "submission","state","version","parts" and, where there
// is one, "reason".
void write_outcome(JsonWriter& json, const SubmissionRecord& record);
// The whole record, as `show` and `submissions` print it.
void write_record(JsonWriter& json, const SubmissionRecord& record);

} // namespace inlet
