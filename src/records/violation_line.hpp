// A violation back from the line of the error list (NDJSON) that it was written as. Floor 2; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "records/violation.hpp"

namespace inlet {

// Nothing if the line is not a JSON object (RFC 8259) with a known `code`. Members that a violation does not have are
// passed over.
std::optional<Violation> read_violation(std::string_view line);

// What a JSON string, with its quotes, stands for; nothing if it is none.
std::optional<std::string> read_json_string(std::string_view json);

} // namespace inlet
