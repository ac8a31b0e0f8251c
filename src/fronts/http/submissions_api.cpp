// What became of deliveries, and decisions about them.
#include "fronts/http/api.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "access/submission_rights.hpp"
#include "base/json_writer.hpp"
#include "catalog/record_json.hpp"
#include "fronts/http/request_reading.hpp"
#include "fronts/http/schemas.hpp"
#include "http/preferences.hpp"
#include "notify/event_detail.hpp"
#include "pipeline/byte_origins.hpp"

namespace inlet::http {

namespace {

class SubmissionsApi {
public:
    explicit SubmissionsApi(const ApiParts& parts) : parts_(parts) {}

    Result<Response> submissions(const Request& request) const {
        SubmissionFilter filter;
        filter.limit = TRY(limit_of(request));
        filter.scope = scope_of(request.principal, *parts_.project);
        if (const std::string* text = request.parameter("cursor"))
            filter.before = SubmissionId(TRY(number("cursor", *text, 1)));
        if (const std::string* text = request.parameter("dataset")) filter.dataset = *text;
        if (const std::string* text = request.parameter("state")) {
            filter.state = submission_state_from(*text);
            if (!filter.state) return fail(FailureCode::bad_argument, fmt::format("there is no state `{}`", *text));
        }
        const std::vector<SubmissionRecord> records = TRY(parts_.catalog.list(filter));
        JsonWriter json;
        json.begin_object().key("submissions").begin_array();
        for (const SubmissionRecord& record : records) write_record(json, record);
        json.end_array().key("cursor");
        if (records.size() == filter.limit && records.back().id.value > 1)
            json.value(std::to_string(records.back().id.value));
        else
            json.null();
        json.end_object();
        return json_response(200, json.take());
    }

    Result<Response> submission(const Request& request) const {
        const SubmissionId id = TRY(seen_id(request));
        return record_response(TRY(parts_.runner.wait(id, wait_of(request))));
    }

    Result<Response> raw(const Request& request) const {
        const SubmissionId id = TRY(seen_id(request));
        return stream(TRY(parts_.pipeline.open_raw(id)), "application/octet-stream");
    }

    Result<Response> errors(const Request& request) const {
        const SubmissionId id = TRY(seen_id(request));
        const std::size_t part = TRY(part_of(request));
        return stream(TRY(parts_.pipeline.open_errors(id, part)), "application/x-ndjson");
    }

    Result<Response> rejects(const Request& request) const {
        const SubmissionId id = TRY(seen_id(request));
        const std::size_t part = TRY(part_of(request));
        return stream(TRY(parts_.pipeline.open_rejects(id, part)), "text/csv; charset=utf-8");
    }

    Result<Response> approve(const Request& request) const {
        const SubmissionId id = TRY(decidable_id(request));
        return record_response(TRY(parts_.pipeline.approve(id, request.principal.name)));
    }

    Result<Response> cancel(const Request& request) const {
        const SubmissionId id = TRY(decidable_id(request));
        const SubmissionRecord record = TRY(parts_.pipeline.cancel(id, request.principal.name));
        parts_.runner.wake(); // what it held back may go on
        return record_response(record);
    }

    Result<Response> retry(const Request& request) const {
        const SubmissionId id = TRY(decidable_id(request));
        return record_response(TRY(parts_.pipeline.retry(id, request.principal.name)));
    }

    // What the program could not do is told to admins in full, to others as events tell it.
    Result<Response> events(const Request& request) const {
        const SubmissionId id = TRY(seen_id(request));
        JsonWriter json;
        json.begin_object().key("events").begin_array();
        for (const CatalogEvent& event : TRY(parts_.catalog.events(id))) {
            json.begin_object().member("at", iso_moment(event.at)).member("type", event.type).key("detail");
            if (event.detail.empty())
                json.null();
            else
                write_detail(json, event.detail, request.principal.is_admin());
            json.end_object();
        }
        json.end_array().end_object();
        return json_response(200, json.take());
    }

private:
    Result<SubmissionId> seen_id(const Request& request) const {
        const SubmissionId id = TRY(id_of(request));
        TRY(seen(request.principal, *parts_.project, parts_.catalog, id));
        return id;
    }
    Result<SubmissionId> decidable_id(const Request& request) const {
        const SubmissionId id = TRY(id_of(request));
        TRY(decidable(request.principal, *parts_.project, parts_.catalog, id));
        return id;
    }

    static void write_detail(JsonWriter& json, const std::string& detail, bool in_full) {
        if (in_full) {
            json.raw(detail);
            return;
        }
        json.begin_object();
        for (const DetailMember& member : public_detail(detail)) json.key(member.name).raw(member.json);
        json.end_object();
    }

    static Response record_response(const SubmissionRecord& record) {
        JsonWriter json;
        write_record(json, record);
        Response response = json_response(200, json.take());
        response.submission = record.id.value;
        response.object = record.target;
        return response;
    }

    static Response stream(std::unique_ptr<ObjectReader> object, std::string content_type) {
        Response response;
        response.headers.add("Content-Type", std::move(content_type));
        response.headers.add("X-Content-Type-Options", "nosniff");
        response.stream_bytes = object->size();
        response.stream = std::make_unique<ObjectSource>(std::move(object));
        return response;
    }

    // Parts count from 1 for those outside.
    static Result<std::size_t> part_of(const Request& request) {
        const std::string* text = request.parameter("part");
        if (text == nullptr) return 0;
        return static_cast<std::size_t>(TRY(number("part", *text, 1)) - 1);
    }

    const ApiParts parts_;
};

using Call = Result<Response> (SubmissionsApi::*)(const Request&) const;

Handler calls(const std::shared_ptr<const SubmissionsApi>& api, Call call) {
    return [api, call](const Request& request, ByteSource&) { return ((*api).*call)(request); };
}

} // namespace

void add_submissions_api(Router& router, const ApiParts& parts) {
    const auto api = std::make_shared<const SubmissionsApi>(parts); // shared by the routes
    router.add({.path = "/v1/submissions",
                .id = "listSubmissions",
                .summary = "Submissions, newest first",
                .parameters = {{"dataset", "only those of this dataset or package", kNameSchema},
                               {"state", "only those in this state", R"({"type":"string"})"},
                               {"limit", "how many at most", R"({"type":"integer","minimum":1,"maximum":1000})"},
                               {"cursor", "of the page before", kIdSchema}},
                .answers = {{200, "a page", "application/json", submissions_schema()}},
                .needs = Needs::grants,
                .handler = calls(api, &SubmissionsApi::submissions)});
    const std::vector<Parameter> part{{"part", "counted from 1", kIdSchema}};
    const auto get = [&](const char* below, const char* id, const char* summary, const char* type, Call call,
                         std::vector<Parameter> parameters, std::vector<FailureCode> failures) {
        failures.push_back(FailureCode::unknown_submission);
        router.add({.path = fmt::format("/v1/submissions/{{id}}{}", below),
                    .path_values = {{"id", kIdSchema}},
                    .id = id,
                    .summary = summary,
                    .parameters = std::move(parameters),
                    .answers = {{200, "it", type, below[0] == '\0' ? submission_schema() : ""}},
                    .failures = std::move(failures),
                    .takes_long = true,
                    .needs = Needs::grants,
                    .handler = calls(api, call)});
    };
    const std::vector<FailureCode> kept{FailureCode::retention_expired, FailureCode::interrupted,
                                        FailureCode::object_missing, FailureCode::object_corrupt};
    get("", "getSubmission", "A submission; `Prefer: wait=N` waits up to N seconds for its end", "application/json",
        &SubmissionsApi::submission, {}, {});
    get("/raw", "getRaw", "The delivery as it came", "application/octet-stream", &SubmissionsApi::raw, {}, kept);
    get("/errors", "getErrors", "Every error of a part, one JSON object a line", "application/x-ndjson",
        &SubmissionsApi::errors, part, kept);
    get("/rejects.csv", "getRejects", "The rejected records of a part, to be corrected and sent again", "text/csv",
        &SubmissionsApi::rejects, part, kept);
    get("/events", "getSubmissionEvents", "What happened to it, in order", "application/json", &SubmissionsApi::events,
        {}, {});
    const auto act = [&](const char* what, const char* id, const char* summary, Call call,
                         std::vector<FailureCode> failures) {
        failures.push_back(FailureCode::unknown_submission);
        router.add({.method = Method::post,
                    .path = fmt::format("/v1/submissions/{{id}}/{}", what),
                    .path_values = {{"id", kIdSchema}},
                    .id = id,
                    .summary = summary,
                    .answers = {{200, "the submission as it is now", "application/json", submission_schema()}},
                    .failures = std::move(failures),
                    .takes_long = true,
                    .needs = Needs::grants,
                    .action = fmt::format("submission.{}", what),
                    .handler = calls(api, call)});
    };
    act("approve", "approveSubmission", "Publish what is held", &SubmissionsApi::approve,
        {FailureCode::not_held, FailureCode::approval_changed});
    act("cancel", "cancelSubmission", "Drop what is queued or held", &SubmissionsApi::cancel,
        {FailureCode::wrong_state});
    act("retry", "retrySubmission", "Run a failed or rejected submission again from its kept bytes",
        &SubmissionsApi::retry, {FailureCode::wrong_state, FailureCode::interrupted, FailureCode::retention_expired});
}

} // namespace inlet::http
