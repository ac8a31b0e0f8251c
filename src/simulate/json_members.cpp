#include "simulate/json_members.hpp"

#include <algorithm>
#include <charconv>

namespace inlet::simulate {

JsonMembers::JsonMembers(std::string_view text) {
    JsonCursor cursor(text);
    if (!cursor.take('{')) return;
    while (cursor.peek() == '"') {
        JsonValue name;
        JsonValue value;
        if (!cursor.value(name) || !cursor.take(':') || !cursor.value(value)) return;
        members_.emplace_back(name.text, value);
        if (!cursor.take(',')) return;
    }
}

const JsonValue* JsonMembers::find(std::string_view name) const {
    const auto found = std::ranges::find(members_, name, [](const auto& member) { return member.first; });
    return found == members_.end() ? nullptr : &found->second;
}

std::int64_t JsonMembers::number(std::string_view name) const {
    const JsonValue* value = find(name);
    std::int64_t number = 0;
    if (value == nullptr || value->kind != JsonValue::Kind::number) return 0;
    const auto end = value->text.data() + value->text.size();
    const auto read = std::from_chars(value->text.data(), end, number);
    return read.ec == std::errc() && read.ptr == end ? number : 0;
}

std::string JsonMembers::text(std::string_view name) const {
    const JsonValue* value = find(name);
    return value != nullptr && value->kind == JsonValue::Kind::string ? string_of(*value) : std::string();
}

bool JsonMembers::truth(std::string_view name) const {
    const JsonValue* value = find(name);
    return value != nullptr && value->kind == JsonValue::Kind::boolean && value->truth;
}

std::vector<JsonValue> json_elements(std::string_view text) {
    std::vector<JsonValue> elements;
    JsonCursor cursor(text);
    if (!cursor.take('[') || cursor.peek() == ']') return elements;
    do {
        JsonValue value;
        if (!cursor.value(value)) break;
        elements.push_back(value);
    } while (cursor.take(','));
    return elements;
}

std::string string_of(const JsonValue& value) {
    if (!value.escaped) return std::string(value.text);
    std::string padded(value.text);
    padded.append(16, '\0'); // json_text() reads on behind the text
    JsonValue copy = value;
    copy.text = std::string_view(padded).substr(0, value.text.size());
    TextArena arena;
    return std::string(json_text(copy, arena).view());
}

} // namespace inlet::simulate
