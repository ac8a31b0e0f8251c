#include "catalog/record_json.hpp"

#include <map>
#include <string>

namespace inlet {

namespace {

void write_ids(JsonWriter& json, std::string_view name, const std::vector<SubmissionId>& ids) {
    json.key(name).begin_array();
    for (const SubmissionId id : ids) json.value(id.value);
    json.end_array();
}

void write_rows(JsonWriter& json, std::string_view name, const std::map<std::string, std::uint64_t>& rows) {
    json.key(name).begin_object();
    for (const auto& [dataset, count] : rows) json.member(dataset, count);
    json.end_object();
}

void write_text_or_null(JsonWriter& json, std::string_view name, const std::string& text) {
    json.key(name);
    if (text.empty())
        json.null();
    else
        json.value(text);
}

void write_number_or_null(JsonWriter& json, std::string_view name, std::int64_t number) {
    json.key(name);
    if (number == 0)
        json.null();
    else
        json.value(number);
}

} // namespace

void write_counts(JsonWriter& json, const std::vector<CodeCount>& counts) {
    json.begin_array();
    for (const CodeCount& count : counts) {
        json.begin_object().member("code", count.code);
        write_text_or_null(json, "field", count.field);
        json.member("count", count.count).end_object();
    }
    json.end_array();
}

void write_part(JsonWriter& json, const PartRecord& part) {
    json.begin_object().member("name", part.name).member("dataset", part.dataset);
    json.member("rows", part.rows).member("accepted", part.accepted).member("rejected", part.rejected);
    json.member("inserted", part.inserted).member("updated", part.updated).member("deleted", part.deleted);
    json.member("unchanged", part.unchanged).member("superseded", part.superseded);
    json.member("held_deletes", part.held_deletes).member("skipped_deletes", part.skipped_deletes);
    json.member("errors_total", part.errors_total).key("counts");
    write_counts(json, part.counts);
    write_text_or_null(json, "errors_sha256", part.errors_sha256);
    write_text_or_null(json, "rejects_sha256", part.rejects_sha256);
    json.end_object();
}

void write_outcome(JsonWriter& json, const SubmissionRecord& record) {
    json.key("submission");
    if (record.id)
        json.value(record.id.value);
    else
        json.null();
    json.member("state", to_string(record.state));
    write_number_or_null(json, "version", record.version.value);
    json.key("parts").begin_array();
    for (const PartRecord& part : record.parts) write_part(json, part);
    json.end_array();
    if (record.reason_code.empty()) return;
    json.key("reason").begin_object().member("code", record.reason_code).member("message", record.reason);
    if (const auto code = failure_from_code(record.reason_code))
        json.member("what_to_do", failure_info(*code).what_to_do);
    json.end_object();
}

void write_record(JsonWriter& json, const SubmissionRecord& record) {
    json.begin_object();
    write_outcome(json, record);
    json.member("kind", to_string(record.kind))
        .member("target", record.target)
        .member("target_is_package", record.target_is_package);
    json.member("file_name", record.file_name);
    write_text_or_null(json, "raw_sha256", record.raw_sha256);
    json.member("raw_bytes", record.raw_bytes);
    json.key("received_at");
    if (record.received_at == 0)
        json.null();
    else
        json.value(iso_moment(record.received_at));
    json.member("updated_at", iso_moment(record.updated_at))
        .member("by", record.by)
        .member("source", record.source)
        .member("attempts", record.attempts);
    write_number_or_null(json, "parent", record.parent.value);
    write_ids(json, "undoes", record.undoes);
    json.member("cascade", record.cascade);
    write_rows(json, "asked_deletes", record.asked_deletes);
    write_rows(json, "delete_approvals", record.delete_approvals);
    json.member("rejects_approved", record.rejects_approved);
    json.end_object();
}

} // namespace inlet
