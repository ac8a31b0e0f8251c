// A key as JSON, without its secret, for programs. Floor 4; plain functions.
#pragma once

#include "base/json_writer.hpp"
#include "catalog/keys.hpp"

namespace inlet {

// {"id","name","prefix","roles","datasets","created_at","expires_at","revoked_at","old_secret_until","last_used_at"};
// times as RFC 3339, or null.
void write_key(JsonWriter& json, const KeyRecord& key);
// The members alone, into an object that is open.
void write_key_members(JsonWriter& json, const KeyRecord& key);

} // namespace inlet
