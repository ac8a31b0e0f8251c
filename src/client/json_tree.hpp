// An answer's JSON (RFC 8259) as a tree, to look members up by name. For what fits in memory. Floor 5; values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "records/json_cursor.hpp"

namespace inlet::client {

struct JsonTree {
    JsonValue::Kind kind = JsonValue::Kind::null;
    std::string text;                                      // of a string, what it stands for; of the others, as written
    std::vector<std::pair<std::string, JsonTree>> members; // of an object
    std::vector<JsonTree> items;                           // of an array

    // Nothing if the text is not one well-formed value.
    static std::optional<JsonTree> parse(std::string_view text);

    // Null (the pointer) if there is no such member.
    const JsonTree* find(std::string_view name) const;
    // Of a member; empty, 0 or false if there is none of that kind.
    std::string text_of(std::string_view name) const;
    std::int64_t integer_of(std::string_view name) const;
    bool truth_of(std::string_view name) const;
    const std::vector<JsonTree>& items_of(std::string_view name) const;

    std::int64_t integer() const; // 0 if it is no whole number
};

} // namespace inlet::client
