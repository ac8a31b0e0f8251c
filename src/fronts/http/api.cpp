#include "fronts/http/api.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "catalog/record_json.hpp"

namespace inlet::http {

namespace {

constexpr std::size_t kPageDefault = 50;
constexpr std::size_t kPageMost = 1000;
constexpr std::chrono::seconds kWaitMost{60};
constexpr const char* kName = R"({"type":"string","minLength":1})";
constexpr const char* kId = R"({"type":"integer","minimum":1})";

// An object's bytes as an answer.
class ObjectBytes final : public ByteSource {
public:
    explicit ObjectBytes(std::unique_ptr<ObjectReader> object) : object_(std::move(object)) {}
    Result<std::size_t> read(std::span<char> room) override {
        const std::size_t count = TRY(object_->pread(std::as_writable_bytes(room), offset_));
        offset_ += count;
        return count;
    }

private:
    std::unique_ptr<ObjectReader> object_;
    std::uint64_t offset_ = 0;
};

Result<std::int64_t> number(std::string_view name, std::string_view text, std::int64_t least) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least)
        return fail(FailureCode::bad_argument,
                    fmt::format("`{}` must be a whole number of at least {}, and is `{}`", name, least, text));
    return value;
}

Result<SubmissionId> id_of(const Request& request) {
    const std::string& text = request.values.at("id");
    const auto id = number("id", text, 1);
    if (!id) return fail(FailureCode::unknown_submission, fmt::format("there is no submission `{}`", text));
    return SubmissionId(*id);
}

// The seconds of `Prefer: wait=N` (RFC 7240, section 4.3); 0 without.
std::chrono::seconds wait_of(const Request& request) {
    const std::string* prefer = request.headers.find("Prefer");
    if (prefer == nullptr) return {};
    std::string_view rest = *prefer;
    while (!rest.empty()) {
        std::string_view one = rest.substr(0, std::min(rest.find_first_of(",;"), rest.size()));
        rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        while (one.starts_with(' ')) one.remove_prefix(1);
        while (one.ends_with(' ')) one.remove_suffix(1);
        if (!one.starts_with("wait=")) continue;
        const auto seconds = number("wait", one.substr(5), 0);
        if (seconds) return std::min(kWaitMost, std::chrono::seconds(*seconds));
    }
    return {};
}

// `name` may hold a path, of which the last segment counts.
std::string file_name_of(const Request& request, const std::string& fallback) {
    const std::string* name = request.parameter("name");
    if (name == nullptr) return fallback;
    const std::string last = name->substr(name->find_last_of("/\\") + 1);
    return last.empty() ? fallback : last;
}

class Api {
public:
    explicit Api(const ApiParts& parts) : parts_(parts) {}

    Result<Response> datasets() const {
        const std::map<std::string, TableInfo> tables = TRY(table_infos());
        JsonWriter json;
        json.begin_object().key("datasets").begin_array();
        for (const Dataset& dataset : parts_.project.datasets) write_dataset(json, dataset, tables);
        json.end_array().end_object();
        return json_response(200, json.take());
    }

    Result<Response> dataset(const Request& request) const {
        const Dataset& dataset = *TRY(find_dataset(request));
        const std::map<std::string, TableInfo> tables = TRY(table_infos());
        JsonWriter json;
        json.begin_object();
        write_members(json, dataset, tables);
        json.member("description", dataset.description);
        json.key("schema").raw(schema_json(dataset.schema)).end_object();
        return json_response(200, json.take());
    }

    Result<Response> deliver(const Request& request, ByteSource& body, bool to_package) const {
        Delivery delivery;
        delivery.target = request.values.at(to_package ? "package" : "dataset");
        delivery.target_is_package = to_package;
        delivery.file_name = file_name_of(request, delivery.target);
        delivery.by = request.principal;
        delivery.bytes = request.body_bytes.value_or(0);
        const std::string* again = request.parameter("again");
        delivery.again = again != nullptr && *again != "false";
        const Received received = TRY(parts_.pipeline.receive(delivery, body));
        parts_.runner.wake();
        const SubmissionRecord record = TRY(parts_.runner.wait(received.id, wait_of(request)));
        JsonWriter json;
        json.begin_object();
        write_outcome(json, record);
        json.member("duplicate", received.duplicate).end_object();
        Response response = json_response(received.duplicate ? 200 : 201, json.take());
        response.headers.add("Location", fmt::format("/v1/submissions/{}", received.id.value));
        return response;
    }

    Result<Response> submissions(const Request& request) const {
        SubmissionFilter filter;
        filter.limit = kPageDefault;
        if (const std::string* text = request.parameter("limit")) {
            filter.limit = static_cast<std::size_t>(TRY(number("limit", *text, 1)));
            filter.limit = std::min(filter.limit, kPageMost);
        }
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
        const SubmissionId id = TRY(id_of(request));
        return record_response(TRY(parts_.runner.wait(id, wait_of(request))));
    }

    Result<Response> raw(const Request& request) const {
        const SubmissionId id = TRY(id_of(request));
        return stream(TRY(parts_.pipeline.open_raw(id)), "application/octet-stream");
    }

    Result<Response> errors(const Request& request) const {
        const SubmissionId id = TRY(id_of(request));
        const std::size_t part = TRY(part_of(request));
        return stream(TRY(parts_.pipeline.open_errors(id, part)), "application/x-ndjson");
    }

    Result<Response> rejects(const Request& request) const {
        const SubmissionId id = TRY(id_of(request));
        const std::size_t part = TRY(part_of(request));
        return stream(TRY(parts_.pipeline.open_rejects(id, part)), "text/csv; charset=utf-8");
    }

    Result<Response> approve(const Request& request) const {
        const SubmissionId id = TRY(id_of(request));
        return record_response(TRY(parts_.pipeline.approve(id, request.principal)));
    }

    Result<Response> cancel(const Request& request) const {
        const SubmissionId id = TRY(id_of(request));
        return record_response(TRY(parts_.pipeline.cancel(id, request.principal)));
    }

    Result<Response> retry(const Request& request) const {
        const SubmissionId id = TRY(id_of(request));
        return record_response(TRY(parts_.pipeline.retry(id, request.principal)));
    }

    Result<Response> undo(const Request& request) const {
        const SubmissionId id = TRY(id_of(request));
        const std::string* cascade = request.parameter("cascade");
        const auto undone =
            TRY(parts_.pipeline.undo({id}, cascade != nullptr && *cascade != "false", false, request.principal));
        return record_response(undone.record);
    }

    Result<Response> ready() const {
        TRY(parts_.catalog.list({.limit = 1}));
        TRY(parts_.warehouse.tables());
        Response response;
        response.headers.add("Content-Type", "text/plain");
        response.body = "ready\n";
        return response;
    }

private:
    static Response record_response(const SubmissionRecord& record) {
        JsonWriter json;
        write_record(json, record);
        return json_response(200, json.take());
    }

    static Response stream(std::unique_ptr<ObjectReader> object, std::string content_type) {
        Response response;
        response.headers.add("Content-Type", std::move(content_type));
        response.headers.add("X-Content-Type-Options", "nosniff");
        response.stream_bytes = object->size();
        response.stream = std::make_unique<ObjectBytes>(std::move(object));
        return response;
    }

    // Parts count from 1 for those outside.
    static Result<std::size_t> part_of(const Request& request) {
        const std::string* text = request.parameter("part");
        if (text == nullptr) return 0;
        return static_cast<std::size_t>(TRY(number("part", *text, 1)) - 1);
    }

    Result<const Dataset*> find_dataset(const Request& request) const {
        const std::string& name = request.values.at("dataset");
        const Dataset* dataset = parts_.project.dataset(name);
        if (dataset == nullptr)
            return fail(FailureCode::unknown_dataset, fmt::format("there is no dataset `{}`", name));
        return dataset;
    }

    Result<std::map<std::string, TableInfo>> table_infos() const {
        std::map<std::string, TableInfo> infos;
        for (TableInfo& info : TRY(parts_.warehouse.tables())) infos[info.name] = std::move(info);
        return infos;
    }

    static void write_members(JsonWriter& json, const Dataset& dataset,
                              const std::map<std::string, TableInfo>& tables) {
        const auto table = tables.find(dataset.name);
        json.member("name", dataset.name).member("title", dataset.title).member("kind", "table");
        json.member("write", to_string(dataset.write));
        json.member("version", table == tables.end() ? 0 : table->second.version.value);
        json.member("records", table == tables.end() ? 0 : table->second.rows);
    }

    static void write_dataset(JsonWriter& json, const Dataset& dataset,
                              const std::map<std::string, TableInfo>& tables) {
        json.begin_object();
        write_members(json, dataset, tables);
        json.end_object();
    }

    const ApiParts parts_;
};

Response text_response(std::string text) {
    Response response;
    response.headers.add("Content-Type", "text/plain");
    response.body = std::move(text);
    return response;
}

using Call = Result<Response> (Api::*)(const Request&) const;

Handler calls(const std::shared_ptr<const Api>& api, Call call) {
    return [api, call](const Request& request, ByteSource&) { return ((*api).*call)(request); };
}

const std::vector<FailureCode>& delivery_failures() {
    static const std::vector<FailureCode> kCodes{FailureCode::incomplete_upload, FailureCode::io_failed,
                                                 FailureCode::disk_full};
    return kCodes;
}

void add_health(Router& router, const std::shared_ptr<const Api>& api) {
    router.add({.path = "/livez",
                .id = "isAlive",
                .summary = "Whether the process answers",
                .answers = {{200, "it does", "text/plain"}},
                .open = true,
                .handler = [](const Request&, ByteSource&) -> Result<Response> { return text_response("alive\n"); }});
    router.add({.path = "/readyz",
                .id = "isReady",
                .summary = "Whether the stores answer",
                .answers = {{200, "they do", "text/plain"}},
                .failures = {FailureCode::catalog_failed, FailureCode::warehouse_failed},
                .open = true,
                .handler = [api](const Request&, ByteSource&) { return api->ready(); }});
}

void add_datasets(Router& router, const std::shared_ptr<const Api>& api) {
    const std::vector<Parameter> delivery{{"name", "the file's name", kName},
                                          {"again", "take bytes that were delivered before", R"({"type":"boolean"})"}};
    router.add({.path = "/v1/datasets",
                .id = "listDatasets",
                .summary = "The datasets, with their version and number of records",
                .answers = {{200, "all of them", "application/json"}},
                .handler = [api](const Request&, ByteSource&) { return api->datasets(); }});
    router.add({.path = "/v1/datasets/{dataset}",
                .path_values = {{"dataset", kName}},
                .id = "getDataset",
                .summary = "A dataset's contract and figures",
                .answers = {{200, "the dataset", "application/json"}},
                .failures = {FailureCode::unknown_dataset},
                .handler = calls(api, &Api::dataset)});
    for (const bool package : {false, true}) {
        const std::string kind = package ? "package" : "dataset";
        std::vector<FailureCode> failures = delivery_failures();
        failures.push_back(package ? FailureCode::unknown_package : FailureCode::unknown_dataset);
        router.add({.method = Method::post,
                    .path = fmt::format("/v1/{0}s/{{{0}}}/submissions", kind),
                    .path_values = {{kind, kName}},
                    .id = package ? "deliverToPackage" : "deliverToDataset",
                    .summary = "Deliver a file of any size as the request's body. It is safely stored when this is "
                               "answered; with `Prefer: wait=N` the answer waits up to N seconds for the outcome",
                    .parameters = delivery,
                    .body = "application/octet-stream",
                    .answers = {{201, "it is stored", "application/json"},
                                {200, "the same bytes were delivered before", "application/json"}},
                    .failures = failures,
                    .takes_long = true,
                    .handler = [api, package](const Request& request, ByteSource& body) {
                        return api->deliver(request, body, package);
                    }});
    }
}

void add_submissions(Router& router, const std::shared_ptr<const Api>& api) {
    router.add({.path = "/v1/submissions",
                .id = "listSubmissions",
                .summary = "Submissions, newest first",
                .parameters = {{"dataset", "only those of this dataset or package", kName},
                               {"state", "only those in this state", R"({"type":"string"})"},
                               {"limit", "how many at most", R"({"type":"integer","minimum":1,"maximum":1000})"},
                               {"cursor", "of the page before", kId}},
                .answers = {{200, "a page", "application/json"}},
                .handler = calls(api, &Api::submissions)});
    const std::vector<Parameter> part{{"part", "counted from 1", kId}};
    const auto get = [&](const char* below, const char* id, const char* summary, const char* type, Call call,
                         std::vector<Parameter> parameters, std::vector<FailureCode> failures) {
        failures.push_back(FailureCode::unknown_submission);
        router.add({.path = fmt::format("/v1/submissions/{{id}}{}", below),
                    .path_values = {{"id", kId}},
                    .id = id,
                    .summary = summary,
                    .parameters = std::move(parameters),
                    .answers = {{200, "it", type}},
                    .failures = std::move(failures),
                    .takes_long = true,
                    .handler = calls(api, call)});
    };
    const std::vector<FailureCode> kept{FailureCode::retention_expired, FailureCode::interrupted,
                                        FailureCode::object_missing, FailureCode::object_corrupt};
    get("", "getSubmission", "A submission; `Prefer: wait=N` waits up to N seconds for its end", "application/json",
        &Api::submission, {}, {});
    get("/raw", "getRaw", "The delivery as it came", "application/octet-stream", &Api::raw, {}, kept);
    get("/errors", "getErrors", "Every error of a part, one JSON object a line", "application/x-ndjson", &Api::errors,
        part, kept);
    get("/rejects.csv", "getRejects", "The rejected records of a part, to be corrected and sent again", "text/csv",
        &Api::rejects, part, kept);
    const auto act = [&](const char* what, const char* id, const char* summary, Call call,
                         std::vector<Parameter> parameters, std::vector<FailureCode> failures) {
        failures.push_back(FailureCode::unknown_submission);
        router.add({.method = Method::post,
                    .path = fmt::format("/v1/submissions/{{id}}/{}", what),
                    .path_values = {{"id", kId}},
                    .id = id,
                    .summary = summary,
                    .parameters = std::move(parameters),
                    .answers = {{200, "the submission as it is now", "application/json"}},
                    .failures = std::move(failures),
                    .takes_long = true,
                    .handler = calls(api, call)});
    };
    act("approve", "approveSubmission", "Publish what is held", &Api::approve, {},
        {FailureCode::not_held, FailureCode::approval_changed});
    act("cancel", "cancelSubmission", "Drop what is queued or held", &Api::cancel, {}, {FailureCode::wrong_state});
    act("retry", "retrySubmission", "Run a failed or rejected submission again from its kept bytes", &Api::retry, {},
        {FailureCode::wrong_state, FailureCode::interrupted, FailureCode::retention_expired});
    act("undo", "undoSubmission", "Publish a version as if the submission had never been", &Api::undo,
        {{"cascade", "take back later submissions too that wrote the same keys", R"({"type":"boolean"})"}},
        {FailureCode::undo_conflict, FailureCode::superseded_by_snapshot, FailureCode::version_pruned,
         FailureCode::already_undone, FailureCode::not_undoable});
}

} // namespace

void add_api(Router& router, const ApiParts& parts) {
    const auto api = std::make_shared<const Api>(parts); // shared by the routes
    add_health(router, api);
    add_datasets(router, api);
    add_submissions(router, api);
    router.add({.path = "/openapi.json",
                .id = "getOpenapi",
                .summary = "This document",
                .answers = {{200, "OpenAPI 3.1", "application/json"}},
                .open = true,
                .handler = [&router](const Request&, ByteSource&) -> Result<Response> {
                    return json_response(200, openapi_json(router.routes()));
                }});
}

Status authenticate(const Keyring& keyring, Request& request) {
    constexpr std::string_view kBearer = "Bearer ";
    std::string_view text;
    if (const std::string* key = request.headers.find("X-API-Key")) text = *key;
    if (const std::string* authorization = request.headers.find("Authorization")) {
        if (authorization->starts_with(kBearer)) text = std::string_view(*authorization).substr(kBearer.size());
    }
    if (text.empty()) return fail(FailureCode::unauthenticated, "no key was sent");
    request.principal = TRY(keyring.who(text)).name;
    return {};
}

} // namespace inlet::http
