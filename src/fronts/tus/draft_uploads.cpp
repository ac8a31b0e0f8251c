#include "fronts/tus/draft_uploads.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "catalog/record_json.hpp"
#include "fronts/tus/draft_headers.hpp"
#include "fronts/tus/upload_headers.hpp"
#include "fronts/tus/upload_target.hpp"
#include "http/digest.hpp"
#include "http/preferences.hpp"

namespace inlet::tus {

namespace {

using http::Body;
using http::Headers;
using http::Request;
using http::Response;

constexpr unsigned kResumptionSupported = 104;
constexpr const char* kResumptionPhrase = "Upload Resumption Supported";
constexpr const char* kProblemTypes = "https://iana.org/assignments/http-problem-types#";
constexpr const char* kInconsistent = "inconsistent-upload-length"; // in an error's context: its problem type
constexpr const char* kTypeKey = "problem-type";

std::string address_of(const UploadRecord& record) { return fmt::format("{}/{}", kAddress, record.id); }

void inform(const Request& request, Body& body, Headers headers) {
    const std::string* version = request.headers.find("Upload-Draft-Interop-Version");
    if (version != nullptr) headers.add("Upload-Draft-Interop-Version", *version);
    body.inform(kResumptionSupported, kResumptionPhrase, headers);
}

Error inconsistent(std::string message) {
    return Error(FailureCode::bad_argument, std::move(message)).with(kTypeKey, kInconsistent);
}

// What the request says of the whole upload's length: Upload-Length, or that it brings all that is left.
Result<std::optional<std::uint64_t>> length_of(const Request& request, bool last, std::uint64_t offset,
                                               const std::optional<std::uint64_t>& known) {
    std::optional<std::uint64_t> length = integer_item(request, "Upload-Length");
    if (last && request.body_bytes) {
        const std::uint64_t together = offset + *request.body_bytes;
        if (length && *length != together) {
            return fail(inconsistent(fmt::format("`Upload-Length` is {}, and with this request, which is to be the "
                                                 "last, there would be {} bytes",
                                                 *length, together)));
        }
        length = together;
    }
    if (length && known && *length != *known) {
        return fail(inconsistent(fmt::format(
            "the upload's length was told to be {}, and is now {}; it cannot be changed", *known, *length)));
    }
    return length;
}

// The headers that speak of this request's bytes alone, or of the whole upload if it brings all of it.
Headers digests_of(const Request& request, bool brings_all) {
    Headers headers;
    if (const std::string* content = request.headers.find("Content-Digest")) headers.add("Content-Digest", *content);
    const std::string* whole = request.headers.find("Repr-Digest");
    if (brings_all && whole != nullptr) headers.add("Repr-Digest", *whole);
    return headers;
}

std::string problem_type(const Error& error) {
    if (error.code == FailureCode::offset_mismatch) return std::string(kProblemTypes) + "mismatching-upload-offset";
    if (error.code == FailureCode::upload_complete) return std::string(kProblemTypes) + "completed-upload";
    for (const auto& [name, value] : error.context) {
        if (name == kTypeKey) return kProblemTypes + value;
    }
    return "about:blank";
}

// The parameters of the address count more than Content-Disposition.
std::string sent_name(const Request& request) {
    const std::string* name = request.parameter("name");
    return name != nullptr ? name->substr(name->find_last_of("/\\") + 1) : disposition_name(request);
}

} // namespace

bool speaks_draft(const Request& request) {
    if (request.headers.find("Tus-Resumable") != nullptr) return false;
    return boolean_item(request, "Upload-Complete").has_value() || has_media_type(request, kPartialUpload);
}

std::string DraftUploads::limits() const { return fmt::format("max-size={}", parts_.uploads.limits().bytes_max); }

std::string DraftUploads::limits(const UploadRecord& record) const {
    const Timestamp left = std::max<Timestamp>(record.expires_at - parts_.clock.now(), 0) / 1'000'000;
    return fmt::format("{}, max-age={}", limits(), left);
}

// ---- what is asked for ----------------------------------------------------------------------------------------------

Response DraftUploads::create(const Request& request, Body& body) const {
    auto response = begin(request, body);
    return response ? *std::move(response) : refusal(request, response.error());
}

Response DraftUploads::append(const Request& request, Body& body) const {
    auto response = go_on(request, body);
    return response ? *std::move(response) : refusal(request, response.error());
}

Response DraftUploads::look(const Request& request) const {
    auto response = state(request);
    return response ? *std::move(response) : refusal(request, response.error());
}

Response DraftUploads::terminate(const Request& request) const {
    const Status ended = parts_.uploads.terminate(caller_of(request), request.values.at("id"));
    if (!ended) return refusal(request, ended.error());
    Response response;
    response.status = 204;
    return response;
}

Result<Response> DraftUploads::begin(const Request& request, Body& body) const {
    const auto complete = boolean_item(request, "Upload-Complete");
    if (!complete) return fail(FailureCode::bad_argument, "an upload is begun with `Upload-Complete: ?1` or `?0`");
    NewUpload upload;
    upload.ends_when_told = true;
    upload.length = TRY(length_of(request, *complete, 0, std::nullopt));
    TRY(set_target(*parts_.project, request, {}, upload));
    upload.file_name = sent_name(request);
    const UploadRecord begun = TRY(parts_.uploads.create(caller_of(request), std::move(upload)));
    Headers about;
    about.add("Location", address_of(begun));
    about.add("Upload-Limit", limits(begun));
    inform(request, body, about);
    UploadPiece piece;
    piece.last = *complete;
    const UploadRecord record = TRY(take(request, body, begun, std::move(piece)));
    if (*complete) return outcome(request, record);
    Response response;
    response.status = 201;
    response.headers.add("Location", address_of(record));
    response.headers.add("Upload-Limit", limits(record));
    response.headers.add("Upload-Complete", "?0");
    response.headers.add("Upload-Offset", std::to_string(record.offset));
    return response;
}

Result<Response> DraftUploads::go_on(const Request& request, Body& body) const {
    const UploadCaller caller = caller_of(request);
    const UploadRecord before = TRY(parts_.uploads.look(caller, request.values.at("id"), false));
    TRY(may_submit(*parts_.project, request, before.kind, before.target, before.target_is_package));
    if (!has_media_type(request, kPartialUpload)) {
        return fail(FailureCode::unsupported_media_type,
                    fmt::format("bytes of an upload are sent with `Content-Type: {}`", kPartialUpload));
    }
    if (!before.ends_when_told)
        return fail(FailureCode::protocol_version, "this upload was begun with tus, and is gone on with so");
    const auto offset = integer_item(request, "Upload-Offset");
    const auto complete = boolean_item(request, "Upload-Complete");
    if (!offset || !complete)
        return fail(FailureCode::bad_argument, "a PATCH needs the headers Upload-Offset and Upload-Complete");
    if (before.state != UploadState::receiving && has_body(request))
        return fail(inconsistent(fmt::format("upload {} is complete, and cannot have more bytes", before.id)));
    UploadPiece piece;
    piece.offset = *offset;
    piece.last = *complete;
    if (*offset == before.offset && before.state == UploadState::receiving)
        piece.length = TRY(length_of(request, *complete, *offset, before.length));
    piece.firm = true;
    const UploadRecord record = TRY(take(request, body, before, std::move(piece)));
    if (*complete) return outcome(request, record);
    Response response;
    response.status = 204;
    response.headers.add("Upload-Complete", "?0");
    response.headers.add("Upload-Offset", std::to_string(record.offset));
    response.headers.add("Upload-Limit", limits(record));
    return response;
}

Result<UploadRecord> DraftUploads::take(const Request& request, Body& body, const UploadRecord& before,
                                        UploadPiece piece) const {
    const Headers digests = digests_of(request, piece.last && before.offset == 0);
    const auto checked = TRY(http::check_digest(digests, body));
    // Bytes that are held against a hash count only together.
    if (checked) piece.verify = [] { return Status(); };
    piece.bytes = request.body_bytes;
    piece.give_way = [&body] {
        body.give_up(Error(FailureCode::upload_locked, "another request goes on with this upload"));
    };
    piece.at = [&](std::uint64_t offset) {
        Headers progress;
        progress.add("Upload-Offset", std::to_string(offset));
        inform(request, body, std::move(progress));
    };
    auto record = parts_.uploads.append(caller_of(request), before.id, piece, checked ? *checked : body);
    // An upload that would be longer than it was said to be is not gone on with.
    if (!record && record.error().code == FailureCode::file_too_large && (before.length || piece.length))
        (void)parts_.uploads.terminate(caller_of(request), before.id);
    return record;
}

// What the delivery's sender would have been answered had it come in one request.
Result<Response> DraftUploads::outcome(const Request& request, const UploadRecord& record) const {
    Response response;
    if (record.submission) {
        const SubmissionRecord submission = TRY(parts_.runner.wait(record.submission, http::wait_of(request)));
        JsonWriter json;
        json.begin_object();
        write_outcome(json, submission);
        json.end_object();
        response = http::json_response(201, json.take());
        response.submission = record.submission.value;
        response.headers.add("Location", submission_address(record.submission));
    } else {
        response.status = 202; // all is safe; the server makes a delivery of it as soon as it can
    }
    response.headers.add("Upload-Complete", "?1");
    response.headers.add("Upload-Offset", std::to_string(record.offset));
    return response;
}

Result<Response> DraftUploads::state(const Request& request) const {
    const UploadRecord record = TRY(parts_.uploads.look(caller_of(request), request.values.at("id"), true));
    Response response;
    response.status = 204;
    response.headers.add("Upload-Offset", std::to_string(record.offset));
    response.headers.add("Upload-Complete", record.state == UploadState::receiving ? "?0" : "?1");
    if (record.length) response.headers.add("Upload-Length", std::to_string(*record.length));
    response.headers.add("Upload-Limit", limits(record));
    response.headers.add("Cache-Control", "no-store");
    if (!record.submission) return response;
    const SubmissionRecord submission = TRY(parts_.runner.wait(record.submission, http::wait_of(request)));
    response.headers.add("Inlet-Submission", std::to_string(record.submission.value));
    response.headers.add("Inlet-Submission-State", std::string(to_string(submission.state)));
    response.headers.add("Content-Location", submission_address(record.submission));
    return response;
}

// ---- failures -------------------------------------------------------------------------------------------------------

Response DraftUploads::refusal(const Request& request, const Error& error) const {
    const FailureInfo& info = failure_info(error.code);
    JsonWriter json;
    json.begin_object().member("type", problem_type(error)).member("title", info.meaning);
    json.member("status", info.http_status).member("code", info.code).member("detail", error.message);
    json.member("what_to_do", info.what_to_do);
    Response response = http::problem(error);
    for (const auto& [name, value] : error.context) {
        if (name == "expected-offset" || name == "provided-offset")
            json.key(name).raw(value);
        else if (name != kTypeKey)
            json.member(name, value);
        if (name == "expected-offset") response.headers.add("Upload-Offset", value);
    }
    json.end_object();
    response.body = json.take() + '\n';
    response.headers.add("Cache-Control", "no-store");
    if (error.code == FailureCode::file_too_large) response.headers.add("Upload-Limit", limits());
    if (error.code == FailureCode::upload_locked) response.headers.add("Retry-After", "1");
    if (error.code == FailureCode::unsupported_media_type) response.headers.add("Accept-Patch", kPartialUpload);
    if (request.method == http::Method::patch && error.code != FailureCode::upload_complete)
        response.headers.add("Upload-Complete", "?0");
    return response;
}

} // namespace inlet::tus
