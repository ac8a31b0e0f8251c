// A small JSON object (RFC 8259) as a map: of requests and notes, not of data. Floor 2; plain functions.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "records/json_cursor.hpp"

namespace inlet {

struct JsonMember {
    JsonValue::Kind kind = JsonValue::Kind::null;
    std::string text; // a string's text; of everything else what is written

    bool operator==(const JsonMember&) const = default;
};

// The members of an object; of two with one name the last counts. bad-argument: it is no object.
Result<std::map<std::string, JsonMember>> read_json_object(std::string_view text);

} // namespace inlet
