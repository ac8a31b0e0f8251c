#include "fronts/http/upload_sessions_api.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "contract/files_schema.hpp"
#include "fronts/http/datasets_reach.hpp"
#include "fronts/http/delivery_call.hpp"
#include "fronts/http/request_reading.hpp"
#include "fronts/http/session_request.hpp"
#include "http/digest.hpp"
#include "pipeline/file_part.hpp"

namespace inlet::http {

namespace {

constexpr const char* kAddress = "/v1/upload-sessions";
constexpr Timestamp kSecond = 1'000'000;

UploadCaller caller_of(const Request& request) {
    const Principal& principal = request.principal;
    return {.id = principal.id, .name = principal.name, .sees_all = principal.is_admin()};
}

// Who has a signed address acts for the session's owner.
UploadCaller bearer() { return {.id = "", .name = "", .sees_all = true}; }

std::string part_path(const std::string& id, std::size_t number) {
    return fmt::format("{}/{}/parts/{}", kAddress, id, number);
}

class SessionsApi {
public:
    explicit SessionsApi(const UploadSessionParts& parts)
        : api_(parts.api), uploads_(parts.uploads), signer_(parts.signer) {}

    Result<Response> create(const Request& request, ByteSource& body) const {
        const std::string text = TRY(read_small_body(body));
        SessionRequest asked = TRY(read_session_request(text));
        const Dataset& dataset = *TRY(reach(request, asked.dataset));
        if (dataset.kind == DatasetKind::files) asked.note = TRY(file_note_of(dataset, asked.note, ""));
        const std::int64_t lifetime = uploads_.limits().lifetime.count();
        if (asked.expires_in.value_or(lifetime) > lifetime)
            return fail(FailureCode::bad_argument, fmt::format("`expires_in` is at most {}", lifetime));
        const UploadCaller caller = caller_of(request);
        NewUpload whole{.kind = UploadKind::final,
                        .target = dataset.name,
                        .file_name = asked.note.path,
                        .metadata =
                            session_note_json({.note = asked.note, .sha256 = asked.sha256, .bytes = asked.bytes()}),
                        .ends_when_told = true};
        if (asked.bytes() > uploads_.limits().bytes_max)
            return fail(FailureCode::file_too_large,
                        fmt::format("an upload has at most {} bytes", uploads_.limits().bytes_max));
        for (const std::uint64_t bytes : asked.parts) {
            const UploadRecord part =
                TRY(uploads_.create(caller, {.kind = UploadKind::partial, .concat = "partial", .length = bytes}));
            whole.partials.push_back(part.id);
        }
        const UploadRecord session = TRY(uploads_.create(caller, std::move(whole)));
        const Timestamp expires =
            std::min(session.expires_at, api_.clock.now() + asked.expires_in.value_or(lifetime) * kSecond);
        JsonWriter json;
        json.begin_object().member("session", session.id).member("expires_at", iso_moment(expires / kSecond * kSecond));
        json.key("parts").begin_array();
        for (std::size_t i = 0; i < asked.parts.size(); ++i) {
            json.begin_object().member("number", i + 1).member("bytes", asked.parts[i]).member("method", "PUT");
            json.member("url", signer_.sign(Method::put, part_path(session.id, i + 1), asked.parts[i], expires));
            json.end_object();
        }
        json.end_array().end_object();
        Response response = json_response(201, json.take());
        response.headers.add("Location", fmt::format("{}/{}", kAddress, session.id));
        response.object = dataset.name;
        return response;
    }

    Result<Response> look(const Request& request) const {
        const UploadCaller caller = caller_of(request);
        const UploadRecord session = TRY(find(caller, request.values.at("id")));
        JsonWriter json;
        json.begin_object().member("session", session.id).member("dataset", session.target);
        json.member("path", session.file_name).member("state", to_string(session.state)).key("submission");
        if (session.submission)
            json.value(session.submission.value);
        else
            json.null();
        json.member("expires_at", iso_moment(session.expires_at)).key("parts").begin_array();
        std::size_t number = 0;
        for (const std::string& id : session.partials) {
            const auto part = uploads_.look(caller, id, false);
            json.begin_object().member("number", ++number);
            json.member("bytes", part ? part->length.value_or(0) : 0).member("arrived", part ? part->offset : 0);
            json.end_object();
        }
        json.end_array().end_object();
        return json_response(200, json.take());
    }

    Result<Response> put(const Request& request, Body& body) const {
        const std::string& id = request.values.at("id");
        const auto position = TRY(number("part", request.values.at("part"), 1));
        // Whether the session is there is only told to who has its address.
        auto session = find(bearer(), id);
        const auto count = session ? session->partials.size() : 0;
        const auto at = static_cast<std::size_t>(position) - 1;
        const auto part = at < count ? uploads_.look(bearer(), session->partials[at], false) : fail(no_session(id));
        const std::uint64_t bytes = part ? part->length.value_or(0) : 0;
        TRY(signer_.check(request, part_path(id, at + 1), bytes, api_.clock.now()));
        if (!session) return fail(std::move(session.error()));
        if (!part) return fail(part.error());
        if (session->state != UploadState::receiving)
            return fail(FailureCode::upload_complete, fmt::format("upload session {} is complete", id));
        if (request.body_bytes && *request.body_bytes != bytes) {
            return fail(FailureCode::byte_count,
                        fmt::format("the part has {} bytes, and the request announces {}", bytes, *request.body_bytes));
        }
        TRY(uploads_.restart(bearer(), part->id));
        const std::unique_ptr<ByteSource> checked = TRY(check_digest(request.headers, body));
        UploadPiece piece;
        piece.firm = true;
        piece.give_way = [&body] {
            body.give_up(Error(FailureCode::upload_locked, "another request sends the same part"));
        };
        const UploadRecord now =
            TRY(uploads_.append(bearer(), part->id, piece, checked ? *checked : static_cast<ByteSource&>(body)));
        if (now.state != UploadState::done) {
            return fail(FailureCode::byte_count,
                        fmt::format("the part has {} bytes, and {} were sent", bytes, now.offset));
        }
        Response response;
        response.status = 204;
        response.object = session->target;
        return response;
    }

    Result<Response> complete(const Request& request) const {
        const UploadRecord session = TRY(find(caller_of(request), request.values.at("id")));
        TRY(reach(request, session.target));
        return end(request, session, {});
    }

    Result<Response> acknowledge(const Request& request, ByteSource& body) const {
        const Dataset& dataset = *TRY(find_dataset(*api_.project, request, Permission::submit));
        const std::string text = TRY(read_small_body(body));
        const Acknowledgement told = TRY(read_acknowledgement(text));
        const UploadRecord session = TRY(find(caller_of(request), told.session));
        if (session.target != dataset.name || session.file_name != request.values.at("path"))
            return fail(FailureCode::bad_argument, fmt::format("upload session {} is for `{}` of `{}`", session.id,
                                                               session.file_name, session.target));
        return end(request, session, told);
    }

    Result<Response> abort(const Request& request) const {
        const UploadCaller caller = caller_of(request);
        const UploadRecord session = TRY(find(caller, request.values.at("id")));
        TRY(uploads_.terminate(caller, session.id));
        for (const std::string& id : session.partials) (void)uploads_.terminate(caller, id); // else they expire
        Response response;
        response.status = 204;
        response.object = session.target;
        return response;
    }

private:
    static Error no_session(const std::string& id) {
        return {FailureCode::unknown_upload, fmt::format("there is no upload session `{}`", id)};
    }

    Result<const Dataset*> reach(const Request& request, const std::string& dataset) const {
        Request asked;
        asked.principal = request.principal;
        asked.values["dataset"] = dataset;
        return find_dataset(*api_.project, asked, Permission::submit);
    }

    Result<UploadRecord> find(const UploadCaller& caller, const std::string& id) const {
        auto session = TRY(uploads_.look(caller, id, false));
        if (session.kind != UploadKind::final || !session.concat.empty()) return fail(no_session(id));
        return session;
    }

    Result<Response> end(const Request& request, const UploadRecord& session, const Acknowledgement& told) const {
        Uploads::Ending ending;
        if (session.state == UploadState::receiving) {
            const auto known = read_session_note(session.metadata);
            if (!known) return fail(no_session(session.id));
            if (told.bytes && *told.bytes != known->bytes) {
                return fail(FailureCode::byte_count, fmt::format("the session is for {} bytes, and {} are acknowledged",
                                                                 known->bytes, *told.bytes));
            }
            if (!told.sha256.empty() && !known->sha256.empty() && told.sha256 != known->sha256)
                return fail(FailureCode::hash_count, "the session was begun for other bytes than are acknowledged");
            FileNote note = known->note;
            for (const auto& [field, value] : told.fields) note.fields[field] = value;
            const Dataset* dataset = api_.project->dataset(session.target);
            if (dataset != nullptr && dataset->kind == DatasetKind::files) note = TRY(file_note_of(*dataset, note, ""));
            ending.bytes = known->bytes;
            ending.sha256 = told.sha256.empty() ? known->sha256 : told.sha256;
            ending.note = file_note_json(note);
        }
        const UploadRecord done = TRY(uploads_.end(caller_of(request), session.id, ending));
        return delivery_response(api_, request, {done.submission, false});
    }

    const ApiParts api_;
    Uploads& uploads_;
    const UrlSigner& signer_;
};

} // namespace

void add_upload_sessions(Router& router, const UploadSessionParts& parts) {
    const auto api = std::make_shared<const SessionsApi>(parts); // shared by the routes
    const std::string one = std::string(kAddress) + "/{id}";
    const std::map<std::string, std::string> id{{"id", kNameSchema}};
    const std::vector<FailureCode> gone{FailureCode::unknown_upload, FailureCode::upload_expired};
    const std::vector<FailureCode> ends{FailureCode::unknown_upload,    FailureCode::upload_expired,
                                        FailureCode::upload_unfinished, FailureCode::upload_locked,
                                        FailureCode::byte_count,        FailureCode::hash_count,
                                        FailureCode::unknown_dataset,   FailureCode::disk_full};
    router.add({.method = Method::post,
                .path = kAddress,
                .id = "createUploadSession",
                .summary =
                    "Begin an upload by signed addresses: `dataset`, `path`, `bytes`, and perhaps `name`, `type`, "
                    "`comment`, `fields`, `sha256`, `parts` or `part_bytes`, `expires_in`. Each part is sent to "
                    "its address by PUT, without a credential",
                .body = "application/json",
                .answers = {{201, "the session and the addresses of its parts", "application/json"}},
                .failures = {FailureCode::unknown_dataset, FailureCode::path_invalid, FailureCode::file_too_large},
                .takes_long = true,
                .needs = Needs::grants,
                .action = "upload-session.create",
                .handler = [api](const Request& request, Body& body) { return api->create(request, body); }});
    router.add({.path = one,
                .path_values = id,
                .id = "getUploadSession",
                .summary = "An upload session, and how much of each part has arrived",
                .answers = {{200, "it", "application/json"}},
                .failures = gone,
                .needs = Needs::grants,
                .handler = [api](const Request& request, Body&) { return api->look(request); }});
    router.add({.method = Method::del,
                .path = one,
                .path_values = id,
                .id = "abortUploadSession",
                .summary = "End an upload session and free what arrived. What it became stays",
                .answers = {{204, "it is gone", ""}},
                .failures = gone,
                .needs = Needs::grants,
                .action = "upload-session.abort",
                .handler = [api](const Request& request, Body&) { return api->abort(request); }});
    router.add({.method = Method::put,
                .path = one + "/parts/{part}",
                .path_values = {{"id", kNameSchema}, {"part", kIdSchema}},
                .id = "putUploadPart",
                .summary = "Send a part, whole, to its signed address. It may be sent again until the session is "
                           "complete; what came last counts",
                .parameters = {{"expires", "as given", R"({"type":"integer"})"},
                               {"signature", "as given", R"({"type":"string"})"}},
                .body = "application/octet-stream",
                .answers = {{204, "it is safely stored", ""}},
                .failures = {FailureCode::signature_invalid, FailureCode::unknown_upload, FailureCode::upload_expired,
                             FailureCode::upload_locked, FailureCode::upload_complete, FailureCode::byte_count,
                             FailureCode::file_too_large, FailureCode::incomplete_upload, FailureCode::bad_argument,
                             FailureCode::checksum_mismatch, FailureCode::disk_full},
                .takes_long = true,
                .needs = Needs::nothing, // but the signature; what it changes is written down when it is acknowledged
                .handler = [api](const Request& request, Body& body) { return api->put(request, body); }});
    router.add({.method = Method::post,
                .path = one + "/complete",
                .path_values = id,
                .id = "completeUploadSession",
                .summary = "Join the parts, check them, and deliver the file",
                .answers = {{201, "it is stored", "application/json"}},
                .failures = ends,
                .takes_long = true,
                .needs = Needs::grants,
                .action = "upload-session.complete",
                .handler = [api](const Request& request, Body&) { return api->complete(request); }});
    std::vector<FailureCode> acknowledged = ends;
    acknowledged.push_back(FailureCode::path_invalid);
    router.add({.method = Method::post,
                .path = "/v1/datasets/{dataset}/files/{path+}/action/acknowledge",
                .path_values = {{"dataset", kNameSchema}, {"path", kNameSchema}},
                .id = "acknowledgeFile",
                .summary = "Say that the file of an upload session (`session`) has arrived: its parts are joined, its "
                           "`bytes` and `sha256` checked, and `name`, `type`, `comment` and `fields` kept with it",
                .body = "application/json",
                .answers = {{201, "it is stored", "application/json"}},
                .failures = acknowledged,
                .takes_long = true,
                .needs = Needs::grants,
                .action = "file.acknowledge",
                .handler = [api](const Request& request, Body& body) { return api->acknowledge(request, body); }});
}

} // namespace inlet::http
