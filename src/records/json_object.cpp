#include "records/json_object.hpp"

#include <fmt/format.h>

namespace inlet {

Result<std::map<std::string, JsonMember>> read_json_object(std::string_view text) {
    std::map<std::string, JsonMember> members;
    JsonCursor cursor(text);
    TextArena arena;
    const auto wrong = [&](std::string_view what) {
        return fail(FailureCode::bad_argument,
                    fmt::format("this is no JSON object: at character {} {}", cursor.position() + 1, what));
    };
    if (!cursor.take('{')) return wrong("`{` is expected");
    for (bool first = true; !cursor.take('}'); first = false) {
        if (!first && !cursor.take(',')) return wrong("`,` or `}` is expected");
        JsonValue name;
        JsonValue value;
        if (!cursor.value(name)) return wrong(cursor.error());
        if (name.kind != JsonValue::Kind::string) return wrong("a name is expected");
        if (!cursor.take(':')) return wrong("`:` is expected");
        if (!cursor.value(value)) return wrong(cursor.error());
        const bool is_text = value.kind == JsonValue::Kind::string;
        members.insert_or_assign(
            std::string(json_text(name, arena).view()),
            JsonMember{value.kind, std::string(is_text ? json_text(value, arena).view() : value.text)});
    }
    if (cursor.peek() != 0) return wrong("nothing more is expected");
    return members;
}

} // namespace inlet
