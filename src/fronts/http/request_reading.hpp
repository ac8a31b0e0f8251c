// What requests say, in the pipeline's terms. Floor 6; plain functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "http/message.hpp"

namespace inlet::http {

// JSON Schemas of values in paths and queries.
inline constexpr const char* kNameSchema = R"({"type":"string","minLength":1})";
inline constexpr const char* kIdSchema = R"({"type":"integer","minimum":1})";

// A whole number of at least `least`. bad-argument, which calls it `name`.
Result<std::int64_t> number(std::string_view name, std::string_view text, std::int64_t least);
// The parameter `limit`: 50 unless said, 1000 at most. bad-argument.
Result<std::size_t> limit_of(const Request& request);
// The route's {id}. unknown-submission.
Result<SubmissionId> id_of(const Request& request);
// The parameter `name`, of which the last segment counts if it is a path.
std::string file_name_of(const Request& request, const std::string& fallback);
// Whether a parameter is there and not "false".
bool flag(const Request& request, std::string_view name);

// Parameters of the address and, if it is a form, of the body (application/x-www-form-urlencoded). bad-argument: a form
// larger than 64 KiB.
Result<std::vector<std::pair<std::string, std::string>>> parameters_of(const Request& request, ByteSource& body);

} // namespace inlet::http
