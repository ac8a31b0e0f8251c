#include "http/cors.hpp"

#include <algorithm>

namespace inlet::http {

namespace {

// The origin as it is to be named in the answer; empty: it may not.
std::string allowed_origin(const Cors& cors, const Request& request) {
    const std::string* origin = request.headers.find("Origin");
    if (origin == nullptr) return {};
    for (const std::string& each : cors.origins) {
        if (each == "*" || each == *origin) return each;
    }
    return {};
}

// Names of headers and commas, as browsers send them.
bool is_list_of_names(const std::string& text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == ',' || c == ' ';
    });
}

} // namespace

std::optional<Response> preflight(const Cors& cors, const Request& request) {
    if (request.method != Method::options || request.headers.find("Access-Control-Request-Method") == nullptr)
        return std::nullopt;
    if (allowed_origin(cors, request).empty()) return std::nullopt;
    Response response;
    response.status = 204;
    response.headers.add("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    const std::string* names = request.headers.find("Access-Control-Request-Headers");
    if (names != nullptr && is_list_of_names(*names)) response.headers.add("Access-Control-Allow-Headers", *names);
    response.headers.add("Access-Control-Max-Age", std::to_string(cors.max_age.count()));
    return response;
}

void allow_origin(const Cors& cors, const Request& request, Response& response) {
    if (cors.origins.empty()) return;
    std::string origin = allowed_origin(cors, request);
    // Another page's answer is another one, also where a cache stands between.
    if (origin != "*") response.headers.add("Vary", "Origin");
    if (origin.empty()) return;
    response.headers.add("Access-Control-Allow-Origin", std::move(origin));
    response.headers.add("Access-Control-Expose-Headers",
                         "Location, ETag, Link, Retry-After, Idempotency-Replayed, "
                         "RateLimit, RateLimit-Policy, Content-Disposition, "
                         "Upload-Offset, Upload-Length, Upload-Expires, Upload-Metadata, Upload-Concat, Tus-Resumable, "
                         "Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm, "
                         "X-Request-Id, traceresponse");
}

} // namespace inlet::http
