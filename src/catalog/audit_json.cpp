#include "catalog/audit_json.hpp"

namespace inlet {

void write_audit_entry(JsonWriter& json, const AuditEntry& entry) {
    const auto text = [&](std::string_view name, const std::string& value) {
        json.key(name);
        if (value.empty())
            json.null();
        else
            json.value(value);
    };
    json.begin_object().member("number", entry.number).member("at", iso_moment(entry.at));
    json.member("at_us", entry.at);
    text("by", entry.by);
    text("by_id", entry.by_id);
    text("address", entry.address);
    json.member("action", entry.action);
    text("object", entry.object);
    json.key("submission");
    if (entry.submission)
        json.value(entry.submission.value);
    else
        json.null();
    json.member("outcome", entry.outcome).key("detail");
    if (entry.detail.empty())
        json.null();
    else
        json.raw(entry.detail);
    json.member("hash", entry.hash).end_object();
}

} // namespace inlet
