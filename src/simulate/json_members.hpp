// What the server answers, member by member (RFC 8259). Floor 6; pure functions. Views are into the text given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "records/json_cursor.hpp"

namespace inlet::simulate {

// The members of an object, as long as they last: what is no object has none.
class JsonMembers {
public:
    explicit JsonMembers(std::string_view text);
    const JsonValue* find(std::string_view name) const; // null: there is none
    // Zero, or empty, if there is none of that name and kind.
    std::int64_t number(std::string_view name) const;
    std::string text(std::string_view name) const;
    bool truth(std::string_view name) const;

private:
    std::vector<std::pair<std::string_view, JsonValue>> members_; // names as written, without quotes
};

// The elements of an array, as written; of anything else none.
std::vector<JsonValue> json_elements(std::string_view text);
// What a string stands for.
std::string string_of(const JsonValue& value);

} // namespace inlet::simulate
