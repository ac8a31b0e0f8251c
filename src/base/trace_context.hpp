// Which distributed trace something belongs to: the header `traceparent` of W3C Trace Context
// (https://www.w3.org/TR/trace-context/, section 3.2). Floor 0; values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace inlet {

struct TraceContext {
    std::string trace_id;  // 32 of [0-9a-f], not all 0
    std::string parent_id; // 16 of [0-9a-f], not all 0: the span that called, or, once it is ours, the one that calls
    std::uint8_t flags = 0;

    // Nothing: it is to be passed over as if it were not there. Of versions later than 00 the members of 00 are read.
    static std::optional<TraceContext> parse(std::string_view traceparent);
    // A span of the same trace with an id of its own.
    TraceContext child() const;

    bool operator==(const TraceContext&) const = default;
};
std::string to_string(const TraceContext& trace); // "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

} // namespace inlet
