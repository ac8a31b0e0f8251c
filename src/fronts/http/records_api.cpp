// Small submissions: the records are in the request, and the answer tells of each.
#include "fronts/http/api.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "access/secret.hpp"
#include "base/json_writer.hpp"
#include "catalog/record_json.hpp"
#include "fronts/http/datasets_reach.hpp"
#include "fronts/http/request_reading.hpp"
#include "fronts/http/schemas.hpp"
#include "http/digest.hpp"
#include "http/preferences.hpp"
#include "http/repeating.hpp"

namespace inlet::http {

namespace {

constexpr std::size_t kReadBytes = 64 << 10;

Result<std::string> read_all(ByteSource& body, std::size_t expected) {
    std::string text;
    text.resize(expected != 0 ? expected + 1 : kReadBytes); // one more, to meet the end without growing
    std::size_t size = 0;
    for (;;) {
        if (size == text.size()) text.resize(text.size() * 2);
        const std::size_t count = TRY(body.read({text.data() + size, text.size() - size}));
        if (count == 0) break;
        size += count;
    }
    text.resize(size);
    return text;
}

// By the media type, whose parameters say nothing here.
Result<SmallForm> form_of(const Request& request) {
    const std::string* header = request.headers.find("Content-Type");
    std::string type = header == nullptr ? "" : header->substr(0, header->find(';'));
    while (type.ends_with(' ')) type.pop_back();
    std::ranges::transform(type, type.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (type == "application/json") return SmallForm::json;
    if (type == "text/csv") return SmallForm::csv;
    for (const char* name :
         {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
        if (type == name) return SmallForm::ndjson;
    return fail(FailureCode::unsupported_media_type,
                fmt::format("records are sent as application/json, application/x-ndjson or text/csv, and this is {}",
                            type.empty() ? "nothing said" : "`" + type + "`"));
}

void write_violations(JsonWriter& json, const std::vector<SmallViolation>& violations, bool with_pointer) {
    json.key("errors").begin_array();
    for (const auto& [violation, pointer] : violations) {
        json.begin_object().member("code", failure_info(violation.code).code).member("row", violation.row);
        if (with_pointer) json.member("pointer", pointer);
        json.member("line", violation.line).key("field");
        if (violation.field.empty())
            json.null();
        else
            json.value(violation.field);
        json.member("value", violation.value).member("message", violation.message).end_object();
    }
    json.end_array();
}

// An answer that is whole but for the submission's number.
struct AnswerText {
    unsigned status = 201;
    std::string head;
    std::string tail;

    StoredAnswer with(SubmissionId id) const {
        return {status, fmt::format("/v1/submissions/{}", id.value), fmt::format("{}{}{}", head, id.value, tail)};
    }
};

AnswerText answer_text(const CheckedSmall& checked) {
    AnswerText answer;
    const PartRecord& part = checked.record.parts.front();
    const bool rejected = checked.record.state == SubmissionState::rejected;
    JsonWriter json;
    json.begin_object();
    if (rejected) {
        const FailureInfo& info = failure_info(checked.reason->code);
        answer.status = static_cast<unsigned>(info.http_status);
        json.member("type", "about:blank").member("title", info.meaning).member("status", info.http_status);
        json.member("code", info.code).member("detail", checked.reason->message).member("what_to_do", info.what_to_do);
    }
    json.member("state", to_string(checked.record.state)).member("dataset", checked.record.target);
    if (!rejected && checked.reason) {
        json.key("reason").begin_object().member("code", checked.record.reason_code);
        json.member("message", checked.record.reason).end_object();
    }
    json.member("records", part.rows).member("accepted", part.accepted).member("rejected", part.rejected);
    json.member("errors_total", part.errors_total).key("counts");
    write_counts(json, part.counts);
    write_violations(json, checked.records.violations, checked.delivery.form != SmallForm::csv);
    json.end_object();
    answer.head = "{\"submission\":";
    answer.tail = "," + json.take().substr(1) + "\n";
    return answer;
}

Response response_of(const StoredAnswer& answer, SubmissionId id) {
    Response response;
    response.submission = id.value;
    response.status = answer.status;
    response.headers.add("Content-Type", answer.status < 400 ? "application/json" : "application/problem+json");
    response.headers.add("Location", answer.location);
    response.body = answer.body;
    return response;
}

// What became of it, once that is known.
Response outcome_response(const SubmissionRecord& record) {
    JsonWriter json;
    json.begin_object();
    write_outcome(json, record);
    json.end_object();
    Response response = json_response(201, json.take());
    response.submission = record.id.value;
    response.headers.add("Location", fmt::format("/v1/submissions/{}", record.id.value));
    return response;
}

class RecordsApi {
public:
    explicit RecordsApi(const ApiParts& parts) : parts_(parts) {}

    void post(const Request& request, ByteSource& body, Respond respond) const {
        auto taken = take(request, body, respond);
        if (!taken) respond(problem(taken.error()));
    }

private:
    // `respond` is moved from if there is no error.
    Status take(const Request& request, ByteSource& body, Respond& respond) const {
        SmallDelivery delivery;
        delivery.dataset = request.values.at("dataset");
        TRY(find_dataset(*parts_.project, request, Permission::submit));
        delivery.form = TRY(form_of(request));
        delivery.by = request.principal.name;
        delivery.sender = request.principal.id;
        delivery.address = request.peer;
        if (request.trace) delivery.trace = to_string(*request.trace);
        delivery.body = TRY(read_all(body, request.body_bytes.value_or(0)));
        TRY(check_digest(request.headers, delivery.body));
        const std::optional<RequestKey> key = TRY(request_key(request, delivery.body));
        CheckedSmall checked = TRY(parts_.pipeline.check_small(std::move(delivery)));
        const bool queued = checked.record.state == SubmissionState::queued;
        const auto answer = std::make_shared<const AnswerText>(answer_text(checked)); // shared by both functions
        const std::chrono::seconds wait = wait_of(request);
        parts_.pipeline.keep_small(
            std::move(checked), key, [answer](SubmissionId id) { return answer->with(id); },
            [answer, wait, queued, &runner = parts_.runner,
             respond = std::move(respond)](Result<Inbox::Receipt> receipt) mutable {
                if (!receipt) return respond(problem(receipt.error()));
                if (receipt->earlier) return respond(replayed_answer(*receipt->earlier));
                if (queued) runner.wake_small();
                const StoredAnswer now = answer->with(receipt->id);
                if (!queued || wait.count() == 0) return respond(response_of(now, receipt->id));
                runner.when_settled(
                    receipt->id, wait,
                    [now, id = receipt->id, respond = std::move(respond)](Result<SubmissionRecord> record) mutable {
                        const bool known = record && record->state != SubmissionState::queued;
                        respond(known ? outcome_response(*record) : response_of(now, id));
                    });
            });
        return {};
    }

    const ApiParts parts_;
};

} // namespace

void add_records_api(Router& router, const ApiParts& parts) {
    const auto api = std::make_shared<const RecordsApi>(parts); // shared by the routes
    router.add(
        {.method = Method::post,
         .path = "/v1/datasets/{dataset}/records",
         .path_values = {{"dataset", kNameSchema}},
         .id = "postRecords",
         .summary = "Send a few records: a JSON object, an array of them, one on each line, or CSV. They are checked "
                    "and safely stored when this is answered, and published within a second or so; `Prefer: wait=N` "
                    "waits for that. With an Idempotency-Key it may be repeated until an answer comes",
         .body = "application/json",
         .body_schema = sent_records_schema(),
         .bodies = {"application/x-ndjson", "text/csv"},
         .answers = {{201, "they are stored", "application/json", records_schema()}},
         .failures = {FailureCode::unknown_dataset, FailureCode::unsupported_media_type, FailureCode::file_too_large,
                      FailureCode::format_error, FailureCode::too_many_rejects, FailureCode::checksum_mismatch,
                      FailureCode::not_supported, FailureCode::idempotency_key_reused, FailureCode::disk_full},
         .needs = Needs::grants,
         .action = "submission.records", // written down with the submission
         .deferred = [api](const Request& request, ByteSource& body, Respond respond) {
             api->post(request, body, std::move(respond));
         }});
}

} // namespace inlet::http
