// The files of datasets of kind `files`: read, written and removed one by one.
#include "fronts/http/api.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "contract/files_schema.hpp"
#include "fronts/http/byte_range.hpp"
#include "fronts/http/datasets_reach.hpp"
#include "fronts/http/delivery_call.hpp"
#include "fronts/http/file_rows.hpp"
#include "fronts/http/request_reading.hpp"
#include "http/preferences.hpp"

namespace inlet::http {

namespace {

// Some bytes of an object.
class SliceSource final : public ByteSource {
public:
    SliceSource(std::unique_ptr<ObjectReader> object, ByteRange range)
        : object_(std::move(object)), at_(range.first), left_(range.bytes) {}
    Result<std::size_t> read(std::span<char> room) override {
        room = room.first(std::min<std::uint64_t>(room.size(), left_));
        if (room.empty()) return 0;
        const std::size_t count = TRY(object_->pread(std::as_writable_bytes(room), at_));
        at_ += count;
        left_ -= count;
        return count;
    }

private:
    std::unique_ptr<ObjectReader> object_;
    std::uint64_t at_;
    std::uint64_t left_;
};

// A type that may stand in a header: type/subtype of tokens (RFC 9110, section 8.3.1), with parameters.
std::string safe_type(const std::string& type) {
    constexpr std::string_view kMarks = "!#$&-^_.+/; =\"";
    const auto allowed = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kMarks.find(c) != std::string_view::npos;
    };
    const bool good = std::ranges::all_of(type, allowed) && type.find('/') != std::string::npos && type.size() < 256;
    return good ? type : "application/octet-stream";
}

// A download, never a page: what is stored must not run in a browser (RFC 6266).
std::string disposition(const std::string& path) {
    std::string name = "attachment; filename*=UTF-8''";
    for (const char c : path.substr(path.find_last_of('/') + 1)) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_';
        name += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return name;
}

Standing standing_of(const FileRow& file) {
    return {fmt::format("\"{}\"", file.sha256), static_cast<std::time_t>(file.uploaded_at / 1'000'000)};
}

class FilesApi {
public:
    explicit FilesApi(const ApiParts& parts) : parts_(parts) {}

    Result<Response> get(const Request& request) const {
        const Dataset& dataset = *TRY(find_files(request, Permission::read));
        const FileRow file = TRY(find_file(parts_.warehouse, dataset, request.values.at("path")));
        const Standing standing = standing_of(file);
        Response response;
        switch (check_conditions(request, standing)) {
        case Condition::fails:
            return fail(changed(dataset, file.path));
        case Condition::not_modified:
            response.status = 304;
            describe(response, file, standing);
            return response;
        case Condition::holds:
            break;
        }
        ByteRange range{0, file.bytes};
        const std::string* header = request.headers.find("Range");
        if (header != nullptr && request.method == Method::get && range_counts(request, standing)) {
            switch (read_range(*header, file.bytes, range)) {
            case RangeAnswer::whole:
                break;
            case RangeAnswer::part:
                response.status = 206;
                response.headers.add("Content-Range", fmt::format("bytes {}-{}/{}", range.first,
                                                                  range.first + range.bytes - 1, file.bytes));
                break;
            case RangeAnswer::not_satisfiable:
                response = problem(
                    Error(FailureCode::range_not_satisfiable, fmt::format("the file has {} bytes", file.bytes)));
                response.headers.add("Content-Range", fmt::format("bytes */{}", file.bytes));
                return response;
            }
        }
        std::unique_ptr<ObjectReader> object =
            TRY(parts_.pipeline.open_object({.space = dataset.name, .sha256 = file.sha256}));
        response.headers.add("Content-Type", safe_type(file.type));
        response.headers.add("Content-Disposition", disposition(file.path));
        response.headers.add("X-Content-Type-Options", "nosniff");
        response.headers.add("Content-Security-Policy", "sandbox; default-src 'none'");
        response.headers.add("Accept-Ranges", "bytes");
        describe(response, file, standing);
        response.stream_bytes = range.bytes;
        response.stream = std::make_unique<SliceSource>(std::move(object), range);
        return response;
    }

    Result<Response> put(const Request& request, ByteSource& body) const {
        const Dataset& dataset = *TRY(find_files(request, Permission::submit));
        const std::string& path = request.values.at("path");
        TRY(check_file_path(path));
        TRY(check(request, dataset, path));
        return take_delivery(parts_, request, body, {.name = dataset.name, .files = &dataset, .path = path});
    }

    Result<Response> remove(const Request& request) const {
        const Dataset& dataset = *TRY(find_files(request, Permission::submit));
        const std::string& path = request.values.at("path");
        TRY(find_file(parts_.warehouse, dataset, path));
        TRY(check(request, dataset, path));
        Delivery delivery;
        delivery.target = dataset.name;
        delivery.by = request.principal.name;
        delivery.sender = request.principal.id;
        delivery.source = "http";
        if (request.trace) delivery.trace = to_string(*request.trace);
        delivery.file = FileNote{.path = path, .removed = true};
        const Received received = TRY(parts_.pipeline.remove_file(delivery));
        Response response = TRY(delivery_response(parts_, request, received));
        response.status = 200;
        return response;
    }

private:
    Result<const Dataset*> find_files(const Request& request, Permission permission) const {
        const Dataset* dataset = TRY(find_dataset(*parts_.project, request, permission));
        if (dataset->kind != DatasetKind::files) {
            return fail(FailureCode::unknown_file,
                        fmt::format("`{}` is of `kind: table`, and has records, not files", dataset->name));
        }
        return dataset;
    }

    // Of what is published when the request comes.
    Status check(const Request& request, const Dataset& dataset, const std::string& path) const {
        std::optional<Standing> standing;
        auto file = find_file(parts_.warehouse, dataset, path);
        if (file)
            standing = standing_of(*file);
        else if (file.error().code != FailureCode::unknown_file)
            return fail(std::move(file.error()));
        if (check_conditions(request, standing) == Condition::holds) return {};
        return fail(changed(dataset, path));
    }

    static Error changed(const Dataset& dataset, const std::string& path) {
        return {FailureCode::precondition_failed,
                fmt::format("`{}` of `{}` is another than the request names", path, dataset.name)};
    }

    static void describe(Response& response, const FileRow& file, const Standing& standing) {
        response.headers.add("ETag", standing.etag);
        response.headers.add("Last-Modified", http_date(standing.modified));
        response.headers.add("Cache-Control", "private, no-cache"); // it may be replaced at any time
        if (!file.uploaded_by.empty() &&
            std::ranges::all_of(file.uploaded_by, [](char c) { return c >= ' ' && c < 0x7F; }))
            response.headers.add("Inlet-Uploaded-By", file.uploaded_by);
    }

    const ApiParts parts_;
};

} // namespace

void add_files_api(Router& router, const ApiParts& parts) {
    const auto api = std::make_shared<const FilesApi>(parts); // shared by the routes
    const auto route = [](Method method, const char* id, const char* summary) {
        Route made{.method = method,
                   .path = "/v1/datasets/{dataset}/files/{path+}",
                   .path_values = {{"dataset", kNameSchema}, {"path", kNameSchema}},
                   .id = id,
                   .summary = summary,
                   .failures = {FailureCode::unknown_dataset, FailureCode::unknown_file, FailureCode::path_invalid,
                                FailureCode::precondition_failed},
                   .takes_long = true,
                   .needs = Needs::grants};
        made.header_parameters = {{"If-Match", "only if the file is this one", R"({"type":"string"})"},
                                  {"If-None-Match", "only if it is not this one", R"({"type":"string"})"}};
        return made;
    };
    Route get = route(Method::get, "getFile", "A file, or a range of its bytes");
    get.header_parameters.push_back({"Range", "bytes=FIRST-LAST", R"({"type":"string"})"});
    get.answers = {{200, "its bytes", "application/octet-stream"},
                   {206, "the range", "application/octet-stream"},
                   {304, "it is the one that is known", ""}};
    for (const FailureCode code : {FailureCode::range_not_satisfiable, FailureCode::object_missing})
        get.failures.push_back(code);
    get.handler = [api](const Request& request, ByteSource&) { return api->get(request); };
    router.add(std::move(get));

    Route put = route(Method::put, "putFile",
                      "Store the body, or the one file of a form, under this path. It is safely stored when this is "
                      "answered; with `Prefer: wait=N` the answer waits up to N seconds until it can be read");
    put.parameters = {{"name", "what its sender calls it", R"({"type":"string"})"},
                      {"comment", "words about it", R"({"type":"string"})"}};
    put.body = "application/octet-stream";
    put.answers = {{201, "it is stored", "application/json"}};
    for (const FailureCode code : {FailureCode::multipart_malformed, FailureCode::checksum_mismatch,
                                   FailureCode::incomplete_upload, FailureCode::disk_full, FailureCode::io_failed})
        put.failures.push_back(code);
    put.action = "file.put";
    put.handler = [api](const Request& request, ByteSource& body) { return api->put(request, body); };
    router.add(std::move(put));

    Route remove = route(Method::del, "deleteFile",
                         "Remove a file. This is a submission too, and can be undone as long as history is kept");
    remove.answers = {{200, "it will be removed", "application/json"}};
    remove.action = "file.delete";
    remove.handler = [api](const Request& request, ByteSource&) { return api->remove(request); };
    router.add(std::move(remove));
}

} // namespace inlet::http
