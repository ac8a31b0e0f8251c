#include "pipeline/keeping_json.hpp"

namespace inlet {

namespace {

void write_number_or_null(JsonWriter& json, std::string_view name, std::int64_t number) {
    json.key(name);
    if (number == 0)
        json.null();
    else
        json.value(number);
}

} // namespace

void write_erased(JsonWriter& json, const Pipeline::Erased& erased, bool dry_run) {
    std::uint64_t live = 0;
    std::uint64_t history = 0;
    for (const ErasedRows& rows : erased.outcome.parts) {
        live += rows.live;
        history += rows.history;
    }
    json.begin_object().member("dry_run", dry_run);
    write_number_or_null(json, "submission", erased.record.id.value);
    write_number_or_null(json, "version", erased.outcome.version.value);
    json.member("rows", live).member("history_rows", history).member("deliveries", erased.deliveries);
    json.member("records", erased.records).member("reports", erased.reports).end_object();
}

void write_pruned(JsonWriter& json, const Pipeline::Pruned& pruned, bool dry_run) {
    json.begin_object().member("dry_run", dry_run).member("raw", pruned.raw).member("rejects", pruned.rejects);
    json.member("history_rows", pruned.history_rows).member("objects", pruned.objects).member("bytes", pruned.bytes);
    json.member("young_objects", pruned.young_objects).member("young_bytes", pruned.young_bytes).end_object();
}

void write_verification(JsonWriter& json, const Verification& found, std::optional<std::int64_t> generation) {
    json.begin_object();
    if (generation) json.member("generation", *generation);
    json.member("objects", found.objects).member("object_bytes", found.object_bytes);
    json.member("unneeded_objects", found.unneeded_objects).member("submissions", found.submissions);
    json.member("versions", found.versions).key("findings").begin_array();
    for (const Error& error : found.findings) {
        json.begin_object().member("code", failure_info(error.code).code).member("message", error.message).end_object();
    }
    json.end_array().end_object();
}

} // namespace inlet
