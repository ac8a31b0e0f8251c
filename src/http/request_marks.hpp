// By what a request is known in logs and to those who sent it: an id, and the trace it belongs to. Floor 5; pure.
#pragma once

#include <optional>
#include <string>

#include "base/trace_context.hpp"
#include "http/message.hpp"

namespace inlet::http {

// What `X-Request-Id` says, if that is 1 to 128 letters, digits and marks without blanks; else empty.
std::string request_id(const Headers& headers);
// A span of our own in the trace that `traceparent` tells of; nothing without one, or if it is malformed, or if there
// are several.
std::optional<TraceContext> trace_of(const Headers& headers);
// `X-Request-Id`, and, to whom sent a trace, `traceresponse` (W3C Trace Context Level 2).
void add_marks(Response& response, const Request& request);

} // namespace inlet::http
