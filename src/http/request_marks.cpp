#include "http/request_marks.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace inlet::http {

namespace {

constexpr std::size_t kIdMost = 128;

} // namespace

std::string request_id(const Headers& headers) {
    const std::string* sent = headers.find("X-Request-Id");
    const auto is_fit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-._~+/=:@").find(c) != std::string_view::npos;
    };
    if (sent == nullptr || sent->size() > kIdMost || !std::ranges::all_of(*sent, is_fit)) return {};
    return *sent;
}

std::optional<TraceContext> trace_of(const Headers& headers) {
    const std::vector<const std::string*> sent = headers.find_all("traceparent");
    const auto trace = sent.size() == 1 ? TraceContext::parse(*sent.front()) : std::nullopt;
    return trace ? std::optional(trace->child()) : std::nullopt;
}

void add_marks(Response& response, const Request& request) {
    response.headers.add("X-Request-Id", request.id);
    if (request.trace) response.headers.add("traceresponse", to_string(*request.trace));
}

} // namespace inlet::http
