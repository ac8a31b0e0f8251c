#include "fronts/tus/tus_api.hpp"

#include <fmt/format.h>

#include "fronts/tus/checksums.hpp"
#include "fronts/tus/draft_uploads.hpp"
#include "fronts/tus/upload_headers.hpp"
#include "fronts/tus/upload_target.hpp"
#include "http/preferences.hpp"

namespace inlet::tus {

namespace {

using http::Body;
using http::Method;
using http::Needs;
using http::Request;
using http::Response;
using http::Route;

constexpr const char* kVersion = "1.0.0";
constexpr const char* kExtensions = "creation,creation-with-upload,creation-defer-length,expiration,checksum,"
                                    "checksum-trailer,termination,concatenation,concatenation-unfinished";
constexpr const char* kBodyType = "application/offset+octet-stream";

Response empty(unsigned status) {
    Response response;
    response.status = status;
    return response;
}

bool expires(const UploadRecord& record) {
    return record.state == UploadState::receiving || record.kind == UploadKind::partial;
}

class TusApi {
public:
    explicit TusApi(const TusParts& parts) : parts_(parts) {}

    Response options() const {
        Response response = empty(204);
        response.headers.add("Tus-Version", kVersion);
        response.headers.add("Tus-Extension", kExtensions);
        response.headers.add("Tus-Max-Size", std::to_string(parts_.uploads.limits().bytes_max));
        response.headers.add("Tus-Checksum-Algorithm", std::string(kChecksumAlgorithms));
        response.headers.add("Accept-Patch", fmt::format("{}, {}", kPartialUpload, kBodyType));
        response.headers.add("Upload-Limit", draft_.limits());
        return response;
    }

    Result<Response> create(const Request& request, Body& body) const {
        NewUpload upload = TRY(new_upload(request));
        const bool with_bytes = has_body(request);
        if (with_bytes && !has_media_type(request, kBodyType)) return fail(wrong_type());
        if (with_bytes && upload.kind == UploadKind::final)
            return fail(FailureCode::final_upload, "a final upload is made of partial ones, and takes no bytes");
        if (upload.length && request.body_bytes.value_or(0) > *upload.length) {
            return fail(FailureCode::file_too_large,
                        fmt::format("the request has {} bytes, and the whole upload is to have {}", *request.body_bytes,
                                    *upload.length));
        }
        const auto checked = TRY(CheckedBody::open(request, body));
        UploadRecord record = TRY(parts_.uploads.create(caller_of(request), std::move(upload)));
        if (with_bytes) {
            auto appended = parts_.uploads.append(caller_of(request), record.id, piece(*checked, body), *checked);
            if (!appended) {
                // Nobody knows of it.
                (void)parts_.uploads.terminate(caller_of(request), record.id);
                return fail(std::move(appended.error()));
            }
            record = *std::move(appended);
        }
        Response response = empty(201);
        response.headers.add("Location", fmt::format("{}/{}", kAddress, record.id));
        if (has_media_type(request, kBodyType)) response.headers.add("Upload-Offset", std::to_string(record.offset));
        TRY(add_outcome(response, request, record));
        return response;
    }

    Result<Response> look(const Request& request) const {
        const UploadRecord record = TRY(parts_.uploads.look(caller_of(request), request.values.at("id"), false));
        if (record.kind == UploadKind::final && record.concat.empty()) // an upload session's, not of this protocol
            return fail(FailureCode::unknown_upload, fmt::format("there is no upload `{}`", record.id));
        Response response = empty(200);
        response.headers.add("Cache-Control", "no-store");
        const bool waits = record.kind == UploadKind::final && record.state == UploadState::receiving;
        if (!waits) response.headers.add("Upload-Offset", std::to_string(record.offset));
        if (record.length) {
            response.headers.add("Upload-Length", std::to_string(*record.length));
        } else if (!waits) {
            response.headers.add("Upload-Defer-Length", "1");
        }
        if (!record.metadata.empty()) response.headers.add("Upload-Metadata", record.metadata);
        if (!record.concat.empty()) response.headers.add("Upload-Concat", record.concat);
        TRY(add_outcome(response, request, record));
        return response;
    }

    Result<Response> append(const Request& request, Body& body) const {
        const std::string& id = request.values.at("id");
        const UploadRecord before = TRY(parts_.uploads.look(caller_of(request), id, false));
        TRY(may_submit(*parts_.project, request, before.kind, before.target, before.target_is_package));
        if (!has_media_type(request, kBodyType)) return fail(wrong_type());
        const auto offset = TRY(number_of(request, "Upload-Offset"));
        if (!offset) return fail(FailureCode::bad_argument, "a PATCH needs the header Upload-Offset");
        const auto checked = TRY(CheckedBody::open(request, body));
        UploadPiece sent = piece(*checked, body);
        sent.offset = *offset;
        sent.length = TRY(number_of(request, "Upload-Length"));
        sent.bytes = request.body_bytes;
        const UploadRecord record = TRY(parts_.uploads.append(caller_of(request), id, sent, *checked));
        Response response = empty(204);
        response.headers.add("Upload-Offset", std::to_string(record.offset));
        TRY(add_outcome(response, request, record));
        return response;
    }

    Result<Response> terminate(const Request& request) const {
        TRY(parts_.uploads.terminate(caller_of(request), request.values.at("id")));
        return empty(204);
    }

    const DraftUploads& draft() const { return draft_; }
    // Whether nothing says that tus is spoken, and the upload that is asked for was begun by the draft, or is not
    // there.
    bool is_of_draft(const Request& request) const {
        if (request.headers.find("Tus-Resumable") != nullptr) return false;
        const auto record = parts_.uploads.look(caller_of(request), request.values.at("id"), false);
        return !record || record->ends_when_told;
    }

private:
    static Error wrong_type() {
        return {FailureCode::unsupported_media_type,
                fmt::format("bytes of an upload are sent with `Content-Type: {}`", kBodyType)};
    }

    static UploadPiece piece(CheckedBody& checked, Body& body) {
        UploadPiece piece;
        if (checked.is_checked()) piece.verify = [&checked] { return checked.verify(); };
        piece.give_way = [&body] {
            body.give_up(Error(FailureCode::upload_locked, "another request goes on with this upload"));
        };
        return piece;
    }

    Result<NewUpload> new_upload(const Request& request) const {
        NewUpload upload;
        if (const std::string* concat = request.headers.find("Upload-Concat")) {
            Concat parsed = TRY(parse_concat(*concat));
            upload.kind = parsed.kind;
            upload.partials = std::move(parsed.partials);
            upload.concat = *concat;
        }
        upload.length = TRY(number_of(request, "Upload-Length"));
        const std::string* defer = request.headers.find("Upload-Defer-Length");
        if (defer != nullptr && *defer != "1")
            return fail(FailureCode::bad_argument, "`Upload-Defer-Length` must be 1, if it is sent");
        if (upload.kind == UploadKind::final) {
            if (upload.length || defer != nullptr)
                return fail(FailureCode::bad_argument, "the length of a final upload is that of its partial ones");
        } else if (upload.length.has_value() == (defer != nullptr)) {
            return fail(FailureCode::bad_argument,
                        "an upload is begun with either `Upload-Length` or `Upload-Defer-Length: 1`");
        }
        Metadata metadata;
        if (const std::string* text = request.headers.find("Upload-Metadata")) {
            metadata = TRY(parse_metadata(*text));
            upload.metadata = *text;
        }
        if (upload.kind == UploadKind::partial) {
            TRY(may_submit(*parts_.project, request, upload.kind, "", false));
        } else {
            TRY(set_target(*parts_.project, request, metadata, upload));
        }
        return upload;
    }

    // What became of it, or until when it may go on.
    Status add_outcome(Response& response, const Request& request, const UploadRecord& record) const {
        if (expires(record)) response.headers.add("Upload-Expires", http::http_date(record.expires_at / 1'000'000));
        if (!record.submission) return {};
        const SubmissionRecord outcome = TRY(parts_.runner.wait(record.submission, http::wait_of(request)));
        response.headers.add("Inlet-Submission", std::to_string(record.submission.value));
        response.headers.add("Inlet-Submission-State", std::string(to_string(outcome.state)));
        response.headers.add("Content-Location", fmt::format("/v1/submissions/{}", record.submission.value));
        return {};
    }

    const TusParts parts_;
    const DraftUploads draft_{parts_};
};

// Refuses other versions; then answers failures as tus wants them.
Result<Response> spoken(const Request& request, const std::function<Result<Response>()>& answer) {
    const std::string* version = request.headers.find("Tus-Resumable");
    if (version == nullptr || *version != kVersion) {
        Response response = http::problem(Error(
            FailureCode::protocol_version, fmt::format("the header `Tus-Resumable: {}` is needed here", kVersion)));
        response.headers.add("Tus-Version", kVersion);
        return response;
    }
    auto response = answer();
    if (response) return response;
    const Error& error = response.error();
    Response refusal = http::problem(error);
    if (error.code == FailureCode::upload_checksum_mismatch) refusal.reason = "Checksum Mismatch";
    if (error.code == FailureCode::upload_locked) refusal.headers.add("Retry-After", "1");
    refusal.headers.add("Cache-Control", "no-store");
    return refusal;
}

std::vector<http::Parameter> headers(std::initializer_list<std::pair<const char*, const char*>> names) {
    std::vector<http::Parameter> parameters{
        {"Tus-Resumable", "the protocol's version", R"({"type":"string","const":"1.0.0"})"}};
    for (const auto& [name, description] : names) {
        const bool number = std::string_view(name).ends_with("Length") || std::string_view(name).ends_with("Offset");
        parameters.push_back(
            {name, description, number ? R"({"type":"integer","minimum":0})" : R"({"type":"string"})"});
    }
    return parameters;
}

Route route(Method method, bool of_one, const char* id, const char* summary) {
    Route route{.method = method,
                .path = of_one ? std::string(kAddress) + "/{id}" : kAddress,
                .id = id,
                .summary = summary,
                .needs = method == Method::options ? http::Needs::nothing : http::Needs::grants};
    if (of_one) route.path_values = {{"id", R"({"type":"string","minLength":1})"}};
    if (method != Method::options && method != Method::head) route.action = fmt::format("upload.{}", id);
    route.overridable = true;
    route.standing.add("Tus-Resumable", kVersion);
    if (of_one && method != Method::options) {
        route.failures = {FailureCode::unknown_upload, FailureCode::upload_expired, FailureCode::protocol_version};
    }
    return route;
}

} // namespace

void add_tus(http::Router& router, const TusParts& parts) {
    const auto api = std::make_shared<const TusApi>(parts); // shared by the routes
    for (const bool of_one : {false, true}) {
        Route options = route(Method::options, of_one, of_one ? "getUploadOptionsOfOne" : "getUploadOptions",
                              "What of tus 1.0.0 is spoken here");
        options.answers = {{204, "said in the headers", ""}};
        options.handler = [api](const Request&, Body&) -> Result<Response> { return api->options(); };
        router.add(std::move(options));
    }

    Route create = route(Method::post, false, "createUpload",
                         "Begin a resumable upload. The metadata, or the query, name `dataset` or `package`, and "
                         "`filename`. When its last byte is safe it is a delivery");
    create.parameters = {{"dataset", "where it goes", R"({"type":"string"})"},
                         {"package", "where it goes", R"({"type":"string"})"},
                         {"name", "the file's name", R"({"type":"string"})"}};
    create.header_parameters = headers({{"Upload-Length", "bytes of the whole upload"},
                                        {"Upload-Defer-Length", "1: the length comes later"},
                                        {"Upload-Metadata", "keys and Base64 values: dataset or package, filename"},
                                        {"Upload-Concat", "partial, or final; with the addresses of partial uploads"},
                                        {"Upload-Checksum", "algorithm and Base64 checksum of the request's body"}});
    create.answers = {{201, "it is begun; see Location", ""}};
    create.failures = {FailureCode::unknown_dataset,   FailureCode::unknown_package,
                       FailureCode::ambiguous_target,  FailureCode::unknown_upload,
                       FailureCode::upload_expired,    FailureCode::protocol_version,
                       FailureCode::file_too_large,    FailureCode::unsupported_media_type,
                       FailureCode::final_upload,      FailureCode::upload_checksum_mismatch,
                       FailureCode::incomplete_upload, FailureCode::disk_full,
                       FailureCode::io_failed};
    create.takes_long = true;
    create.handler = [api](const Request& request, Body& body) -> Result<Response> {
        if (speaks_draft(request)) return api->draft().create(request, body);
        return spoken(request, [&] { return api->create(request, body); });
    };
    router.add(std::move(create));

    Route look = route(Method::head, true, "getUpload", "Where an upload stands, and what became of it");
    look.header_parameters = headers({});
    look.answers = {{200, "said in the headers", ""}};
    look.handler = [api](const Request& request, Body&) -> Result<Response> {
        if (api->is_of_draft(request)) return api->draft().look(request);
        return spoken(request, [&] { return api->look(request); });
    };
    router.add(std::move(look));

    Route append = route(Method::patch, true, "appendToUpload",
                         "Send the bytes that follow those that arrived. With the last of them `Prefer: wait=N` waits "
                         "up to N seconds for the outcome of the delivery");
    append.header_parameters = headers({{"Upload-Offset", "where the bytes begin"},
                                        {"Upload-Length", "bytes of the whole upload, if that was deferred"},
                                        {"Upload-Checksum", "algorithm and Base64 checksum of the request's body"}});
    append.body = kBodyType;
    append.answers = {{204, "they are safe", ""}};
    for (const FailureCode code :
         {FailureCode::offset_mismatch, FailureCode::upload_locked, FailureCode::forbidden, FailureCode::final_upload,
          FailureCode::file_too_large, FailureCode::unsupported_media_type, FailureCode::upload_checksum_mismatch,
          FailureCode::incomplete_upload, FailureCode::disk_full, FailureCode::io_failed})
        append.failures.push_back(code);
    append.takes_long = true;
    append.handler = [api](const Request& request, Body& body) -> Result<Response> {
        if (speaks_draft(request)) return api->draft().append(request, body);
        return spoken(request, [&] { return api->append(request, body); });
    };
    router.add(std::move(append));

    Route terminate = route(Method::del, true, "terminateUpload",
                            "End an upload and free its space. What it became, if it was complete, stays");
    terminate.header_parameters = headers({});
    terminate.answers = {{204, "it is gone", ""}};
    terminate.failures.push_back(FailureCode::upload_locked);
    terminate.handler = [api](const Request& request, Body&) -> Result<Response> {
        if (api->is_of_draft(request)) return api->draft().terminate(request);
        return spoken(request, [&] { return api->terminate(request); });
    };
    router.add(std::move(terminate));
}

} // namespace inlet::tus
