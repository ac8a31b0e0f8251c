#include "fronts/http/schemas.hpp"

#include <initializer_list>
#include <string_view>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "catalog/catalog.hpp"

namespace inlet::http {

namespace {

constexpr std::string_view kText = R"({"type":"string"})";
constexpr std::string_view kTextOrNull = R"({"type":["string","null"]})";
constexpr std::string_view kCount = R"({"type":"integer","minimum":0})";
constexpr std::string_view kNumber = R"({"type":"integer","minimum":1})";
constexpr std::string_view kNumberOrNull = R"({"type":["integer","null"],"minimum":1})";
constexpr std::string_view kBoolean = R"({"type":"boolean"})";
constexpr std::string_view kMoment = R"({"type":"string","format":"date-time"})";
constexpr std::string_view kMomentOrNull = R"({"type":["string","null"],"format":"date-time"})";
constexpr std::string_view kObject = R"({"type":"object"})";
constexpr std::string_view kCounts = R"({"type":"object","additionalProperties":{"type":"integer","minimum":0}})";

struct Member {
    std::string_view name;
    std::string schema;
    bool optional = false;

    Member(std::string_view called, std::string_view is, bool may_lack = false)
        : name(called), schema(is), optional(may_lack) {}
};
constexpr bool kOptional = true;

std::string object_of(std::initializer_list<Member> members) {
    JsonWriter json;
    json.begin_object().member("type", "object").key("required").begin_array();
    for (const Member& member : members) {
        if (!member.optional) json.value(member.name);
    }
    json.end_array().key("properties").begin_object();
    for (const Member& member : members) json.key(member.name).raw(member.schema);
    json.end_object().end_object();
    return json.take();
}

std::string list_of(std::string_view schema) { return fmt::format(R"({{"type":"array","items":{}}})", schema); }

std::string page_of(std::string_view name, std::string_view schema) {
    return object_of({{name, list_of(schema)}, {"cursor", kTextOrNull}});
}

std::string state_schema() {
    JsonWriter json;
    json.begin_object().member("type", "string").key("enum").begin_array();
    for (int i = 0; i <= static_cast<int>(SubmissionState::purged); ++i)
        json.value(to_string(static_cast<SubmissionState>(i)));
    json.end_array().end_object();
    return json.take();
}

std::string counts_of_codes() {
    return list_of(object_of({{"code", kText}, {"field", kTextOrNull}, {"count", kNumber}}));
}

std::string part_schema() {
    return object_of({{"name", kText},
                      {"dataset", kText},
                      {"rows", kCount},
                      {"accepted", kCount},
                      {"rejected", kCount},
                      {"inserted", kCount},
                      {"updated", kCount},
                      {"deleted", kCount},
                      {"unchanged", kCount},
                      {"superseded", kCount},
                      {"held_deletes", kCount},
                      {"skipped_deletes", kCount},
                      {"errors_total", kCount},
                      {"counts", counts_of_codes()}});
}

std::string reason_schema() {
    return object_of({{"code", kText}, {"message", kText}, {"what_to_do", kText, kOptional}});
}

std::string findings_schema() { return list_of(object_of({{"code", kText}, {"message", kText}})); }

std::string key_schema(bool with_secret) {
    std::string schema = object_of({{"id", kText},
                                    {"name", kText},
                                    {"prefix", kText},
                                    {"roles", list_of(kText)},
                                    {"datasets", list_of(kText)},
                                    {"created_at", kMomentOrNull},
                                    {"expires_at", kMomentOrNull},
                                    {"revoked_at", kMomentOrNull},
                                    {"old_secret_until", kMomentOrNull},
                                    {"last_used_at", kMomentOrNull}});
    if (!with_secret) return schema;
    return fmt::format(R"({{"allOf":[{},{}]}})", schema, object_of({{"key", kTextOrNull}}));
}

// Datasets; and, if they are asked for, files of datasets of files, which have no contract.
std::string dataset_members(bool with_contract) {
    std::string schema = object_of({{"name", kText},
                                    {"path", kText},
                                    {"title", kText},
                                    {"kind", R"({"enum":["table","files","file"]})"},
                                    {"write", kText, kOptional},
                                    {"version", kCount, kOptional},
                                    {"records", kCount, kOptional}});
    if (!with_contract) return schema;
    return fmt::format(R"({{"allOf":[{},{}]}})", schema, object_of({{"description", kText}, {"schema", kObject}}));
}

} // namespace

std::string datasets_schema() { return page_of("datasets", dataset_members(false)); }
std::string dataset_schema() { return dataset_members(true); }

std::string delivered_schema() {
    return object_of({{"submission", kNumber},
                      {"duplicate", kBoolean},
                      {"state", state_schema(), kOptional},
                      {"version", kNumberOrNull, kOptional},
                      {"parts", list_of(part_schema()), kOptional},
                      {"reason", reason_schema(), kOptional}});
}

std::string records_schema() {
    const std::string error = object_of({{"code", kText},
                                         {"row", kCount},
                                         {"pointer", kText, kOptional},
                                         {"line", kCount},
                                         {"field", kTextOrNull},
                                         {"value", kText},
                                         {"message", kText}});
    return object_of({{"submission", kNumber},
                      {"state", state_schema()},
                      {"dataset", kText, kOptional},
                      {"records", kCount, kOptional},
                      {"accepted", kCount, kOptional},
                      {"rejected", kCount, kOptional},
                      {"errors_total", kCount, kOptional},
                      {"counts", counts_of_codes(), kOptional},
                      {"errors", list_of(error), kOptional},
                      {"version", kNumberOrNull, kOptional},
                      {"parts", list_of(part_schema()), kOptional},
                      {"reason", reason_schema(), kOptional}});
}

std::string sent_records_schema() {
    return R"({"oneOf":[{"type":"object"},{"type":"array","items":{"type":"object"}}]})";
}

std::string submission_schema() {
    return object_of({{"submission", kNumber},
                      {"state", state_schema()},
                      {"version", kNumberOrNull},
                      {"parts", list_of(part_schema())},
                      {"reason", reason_schema(), kOptional},
                      {"kind", kText},
                      {"target", kText},
                      {"target_is_package", kBoolean},
                      {"file_name", kText},
                      {"raw_sha256", kTextOrNull},
                      {"raw_bytes", kCount},
                      {"received_at", kMomentOrNull},
                      {"updated_at", kMoment},
                      {"by", kText},
                      {"source", kText},
                      {"attempts", kCount},
                      {"parent", kNumberOrNull},
                      {"undoes", list_of(kNumber)},
                      {"cascade", kBoolean},
                      {"asked_deletes", kCounts},
                      {"delete_approvals", kCounts},
                      {"rejects_approved", kBoolean}});
}

std::string submissions_schema() { return page_of("submissions", submission_schema()); }

std::string keys_schema() { return object_of({{"keys", list_of(key_schema(false))}}); }
std::string made_key_schema() { return key_schema(true); }

std::string audit_schema() {
    return page_of("entries", object_of({{"number", kNumber},
                                         {"at", kMoment},
                                         {"at_us", kCount},
                                         {"by", kTextOrNull},
                                         {"by_id", kTextOrNull},
                                         {"address", kTextOrNull},
                                         {"action", kText},
                                         {"object", kTextOrNull},
                                         {"submission", kNumberOrNull},
                                         {"outcome", kText},
                                         {"detail", R"({"type":["object","null"]})"},
                                         {"hash", kText}}));
}

std::string notification_schema() {
    return object_of({{"id", kNumber},
                      {"event", kCount},
                      {"type", kText},
                      {"submission", kNumberOrNull},
                      {"receiver", kText},
                      {"message_id", kText},
                      {"state", R"({"enum":["pending","delivered","dead"]})"},
                      {"attempts", kCount},
                      {"created_at", kMoment},
                      {"updated_at", kMoment},
                      {"next_at", kMomentOrNull},
                      {"error", kTextOrNull}});
}

std::string notifications_schema() { return page_of("notifications", notification_schema()); }

std::string events_schema() {
    const std::string event = object_of({{"specversion", R"({"const":"1.0"})"},
                                         {"id", kText},
                                         {"source", kText},
                                         {"type", kText},
                                         {"subject", kText},
                                         {"time", kMoment},
                                         {"datacontenttype", kText},
                                         {"data", kObject}});
    return object_of({{"events", list_of(event)}, {"since", kCount}});
}

std::string sources_schema() {
    const std::string trouble = object_of({{"code", kText}, {"detail", kText}, {"what_to_do", kText}});
    return object_of({{"sources", list_of(object_of({{"provider", kText},
                                                     {"folder", kText},
                                                     {"pattern", kText},
                                                     {"dataset", kText, kOptional},
                                                     {"package", kText, kOptional},
                                                     {"settle_seconds", kCount},
                                                     {"troubles", list_of(trouble)}}))}});
}

std::string backup_schema() {
    return object_of({{"generation", kNumber},
                      {"begun_at", kMoment},
                      {"objects", kCount},
                      {"object_bytes", kCount},
                      {"new_objects", kCount},
                      {"new_bytes", kCount},
                      {"catalog_bytes", kCount},
                      {"warehouse_bytes", kCount},
                      {"dropped", kCount},
                      {"damaged", findings_schema()}});
}

std::string erased_schema() {
    return object_of({{"dry_run", kBoolean},
                      {"submission", kNumberOrNull},
                      {"version", kNumberOrNull},
                      {"rows", kCount},
                      {"history_rows", kCount},
                      {"deliveries", kCount},
                      {"records", kCount},
                      {"reports", kCount}});
}

std::string pruned_schema() {
    return object_of({{"dry_run", kBoolean},
                      {"raw", kCount},
                      {"rejects", kCount},
                      {"history_rows", kCount},
                      {"objects", kCount},
                      {"bytes", kCount},
                      {"young_objects", kCount},
                      {"young_bytes", kCount}});
}

std::string verification_schema() {
    return object_of({{"objects", kCount},
                      {"object_bytes", kCount},
                      {"unneeded_objects", kCount},
                      {"submissions", kCount},
                      {"versions", kCount},
                      {"findings", findings_schema()}});
}

} // namespace inlet::http
