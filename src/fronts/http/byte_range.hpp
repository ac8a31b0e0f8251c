// What a conditional request for a part of something asks for (RFC 9110, sections 13 and 14). Floor 6; plain functions.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace inlet::http {

struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t bytes = 0;

    bool operator==(const ByteRange&) const = default;
};

enum class RangeAnswer : std::uint8_t { whole, part, not_satisfiable };

// What `Range` asks for of `size` bytes. Several ranges, and what is no range of bytes, are answered with the whole, as
// section 14.2 allows.
RangeAnswer read_range(std::string_view header, std::uint64_t size, ByteRange& range);

// What stands: an entity-tag with its quotes, and when it was written (seconds since 1970).
struct Standing {
    std::string etag;
    std::time_t modified = 0;
};

enum class Condition : std::uint8_t { holds, not_modified, fails };

// If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since in the order of section 13.2.2; `standing` is nothing
// if there is no such thing. Of requests that do not only read, nothing is ever `not_modified`.
Condition check_conditions(const Request& request, const std::optional<Standing>& standing);
// Whether a Range counts: there is no If-Range, or it names what stands.
bool range_counts(const Request& request, const Standing& standing);

} // namespace inlet::http
