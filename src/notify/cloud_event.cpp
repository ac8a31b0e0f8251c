#include "notify/cloud_event.hpp"

#include <fmt/format.h>

#include "base/failures.hpp"
#include "base/json_writer.hpp"
#include "notify/event_detail.hpp"

namespace inlet {

namespace {

void write_context(JsonWriter& json, const LoggedEvent& event, std::string_view id, std::string_view type,
                   std::string_view source, Timestamp at) {
    json.begin_object().member("specversion", "1.0").member("id", id).member("source", source).member("type", type);
    json.member("subject", event.event.submission ? fmt::format("submissions/{}", event.event.submission.value)
                                                  : "datasets/" + event.event.dataset);
    json.member("time", iso_moment(at)).member("datacontenttype", "application/json");
    if (!event.trace.empty()) json.member("traceparent", event.trace);
    json.key("data").begin_object();
}

void write_subject(JsonWriter& json, const LoggedEvent& event) {
    if (!event.event.submission) {
        json.member("dataset", event.event.dataset);
        return;
    }
    json.member("submission", event.event.submission.value).member("kind", to_string(event.kind));
    json.member("target", event.target).member("target_is_package", event.target_is_package);
    json.member("file_name", event.file_name).member("sent_by", event.by).key("datasets").begin_array();
    for (const std::string& dataset : event.datasets) json.value(dataset);
    json.end_array();
}

} // namespace

std::string cloud_event(const LoggedEvent& event, std::string_view source) {
    JsonWriter json;
    write_context(json, event, std::to_string(event.event.number), event.event.type, source, event.event.at);
    write_subject(json, event);
    for (const DetailMember& member : public_detail(event.event.detail)) json.key(member.name).raw(member.json);
    json.end_object().end_object();
    return json.take();
}

std::string progress_event(const LoggedEvent& event, const RunningSubmission& running, std::string_view source,
                           Timestamp at) {
    JsonWriter json;
    write_context(json, event, fmt::format("{}-{}", running.submission.value, at), "submission.progress", source, at);
    write_subject(json, event);
    json.member("state", to_string(running.state)).member("bytes", running.bytes).key("bytes_total");
    if (running.bytes_total == 0)
        json.null();
    else
        json.value(running.bytes_total);
    json.member("rows", running.rows).key("bytes_per_second");
    if (running.seconds <= 0)
        json.null();
    else
        json.value(static_cast<std::uint64_t>(static_cast<double>(running.bytes) / running.seconds));
    json.end_object().end_object();
    return json.take();
}

} // namespace inlet
