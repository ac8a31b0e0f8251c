#include "access/key_json.hpp"

#include <fmt/format.h>

namespace inlet {

namespace {

void write_moment(JsonWriter& json, std::string_view name, Timestamp moment) {
    json.key(name);
    if (moment == 0)
        json.null();
    else
        json.value(iso_moment(moment));
}

void write_texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
    json.key(name).begin_array();
    for (const std::string& text : texts) json.value(text);
    json.end_array();
}

} // namespace

void write_key_members(JsonWriter& json, const KeyRecord& key) {
    json.member("id", key.id).member("name", key.name).member("prefix", fmt::format("inlet_{}_", key.id));
    write_texts(json, "roles", key.roles);
    write_texts(json, "datasets", key.datasets);
    write_moment(json, "created_at", key.created_at);
    write_moment(json, "expires_at", key.expires_at);
    write_moment(json, "revoked_at", key.revoked_at);
    write_moment(json, "old_secret_until", key.old_until);
    write_moment(json, "last_used_at", key.last_used_at);
}

void write_key(JsonWriter& json, const KeyRecord& key) {
    json.begin_object();
    write_key_members(json, key);
    json.end_object();
}

} // namespace inlet
