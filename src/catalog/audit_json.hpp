// An audit entry as JSON, for programs. Floor 3; a plain function.
#pragma once

#include "base/json_writer.hpp"
#include "catalog/audit.hpp"

namespace inlet {

// {"number","at","at_us","by","by_id","address","action","object","submission","outcome","detail","hash"}; what there
// is nothing to say of is null. `at_us` is the number that the hash is made over.
void write_audit_entry(JsonWriter& json, const AuditEntry& entry);

} // namespace inlet
