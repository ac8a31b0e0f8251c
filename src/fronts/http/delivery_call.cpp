#include "fronts/http/delivery_call.hpp"

#include <fmt/format.h>

#include "access/submission_rights.hpp"
#include "base/json_writer.hpp"
#include "catalog/record_json.hpp"
#include "contract/files_schema.hpp"
#include "fronts/http/delivery_body.hpp"
#include "fronts/http/request_reading.hpp"
#include "http/preferences.hpp"
#include "http/repeating.hpp"

namespace inlet::http {

namespace {

// Of an anonymous delivery nobody could be told later: its answer is what they see of it.
bool is_their_own(const Principal& principal, const SubmissionRecord& record) {
    return record.sender == principal.id && (!record.sender.empty() || record.by == principal.name);
}

// The last segment of what a browser calls the file.
std::string last_segment(const std::string& name) { return name.substr(name.find_last_of("/\\") + 1); }

// What clients send that were told nothing.
bool says_nothing(std::string_view type) {
    return type.empty() || type == "application/octet-stream" || type == "application/x-www-form-urlencoded";
}

FileNote note_of(const Request& request, const DeliveryBody& sent, const DeliveryTarget& target) {
    FileNote note;
    const auto said = [&](std::string_view name) -> const std::string* {
        const auto field = sent.fields().find(std::string(name));
        return field != sent.fields().end() ? &field->second : request.parameter(name);
    };
    note.path = target.path;
    if (const std::string* path = said("path"); path != nullptr && note.path.empty()) note.path = *path;
    if (note.path.empty()) note.path = last_segment(sent.file_name());
    if (note.path.empty()) note.path = file_name_of(request, "");
    for (const Field& field : target.files->schema.fields) {
        if (!is_files_note(target.files->schema, field.name)) continue;
        if (const std::string* value = said(field.name)) note.fields[field.name] = *value;
    }
    std::string& type = note.fields[std::string(files_field::kType)];
    if (type.empty() && !says_nothing(sent.type())) type = sent.type();
    std::string& name = note.fields[std::string(files_field::kName)];
    if (name.empty()) name = last_segment(sent.file_name());
    return note;
}

Response delivered(const ApiParts& parts, const Request& request, const SubmissionRecord& record, bool duplicate) {
    JsonWriter json;
    json.begin_object();
    // Bytes that somebody else delivered before: that is all that is told of their delivery.
    if (is_their_own(request.principal, record) || may_see(request.principal, *parts.project, record))
        write_outcome(json, record);
    else
        json.member("submission", record.id.value);
    json.member("duplicate", duplicate).end_object();
    Response response = json_response(duplicate ? 200 : 201, json.take());
    response.headers.add("Location", submission_address(record.id));
    response.submission = record.id.value;
    return response;
}

} // namespace

Result<Response> take_delivery(const ApiParts& parts, const Request& request, ByteSource& body,
                               const DeliveryTarget& target) {
    const auto means = [&](std::string_view field) {
        if (field == "name") return true;
        return target.files != nullptr && (field == "path" || is_files_note(target.files->schema, field));
    };
    const std::unique_ptr<DeliveryBody> sent = TRY(DeliveryBody::open(request, body, means));
    Delivery delivery;
    delivery.target = target.name;
    delivery.target_is_package = target.is_package;
    const std::string in_form = last_segment(sent->file_name());
    const auto named = sent->fields().find("name");
    delivery.file_name = file_name_of(request, in_form.empty() ? target.name : in_form);
    if (named != sent->fields().end() && !last_segment(named->second).empty())
        delivery.file_name = last_segment(named->second);
    delivery.by = request.principal.name;
    delivery.sender = request.principal.id;
    delivery.bytes = request.body_bytes.value_or(0);
    delivery.again = flag(request, "again");
    delivery.source = "http";
    if (request.trace) delivery.trace = to_string(*request.trace);
    if (target.files != nullptr) delivery.file = note_of(request, *sent, target);
    if (Repeat* repeat = request.repeat) {
        delivery.request = [repeat] { return repeat->request(); };
        delivery.answer = [&](const SubmissionRecord& record, bool duplicate) {
            return kept_answer(delivered(parts, request, record, duplicate));
        };
    }
    return delivery_response(parts, request, TRY(parts.pipeline.receive(delivery, *sent)));
}

Result<Response> delivery_response(const ApiParts& parts, const Request& request, const Received& received) {
    parts.runner.wake();
    const SubmissionRecord record = TRY(parts.runner.wait(received.id, wait_of(request)));
    const bool is_refused = record.state == SubmissionState::rejected &&
                            record.reason_code == failure_info(FailureCode::duplicate_delivery).code;
    if (!received.duplicate && is_refused) {
        return fail(
            Error(FailureCode::duplicate_delivery, record.reason).with("submission", std::to_string(record.id.value)));
    }
    return delivered(parts, request, record, received.duplicate);
}

} // namespace inlet::http
