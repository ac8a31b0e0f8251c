#include "catalog/file_note.hpp"

#include "base/json_writer.hpp"
#include "records/json_object.hpp"

namespace inlet {

std::string file_note_json(const FileNote& note) {
    JsonWriter json;
    json.begin_object().member("path", note.path).member("removed", note.removed).key("fields").begin_object();
    for (const auto& [name, value] : note.fields) json.member(name, value);
    json.end_object().end_object();
    return json.take();
}

std::optional<FileNote> read_file_note(std::string_view json) {
    const auto members = read_json_object(json);
    if (!members) return std::nullopt;
    FileNote note;
    for (const auto& [name, member] : *members) {
        if (name == "path") {
            note.path = member.text;
        } else if (name == "removed") {
            note.removed = member.text == "true";
        } else if (name == "fields") {
            const auto fields = read_json_object(member.text);
            if (!fields) return std::nullopt;
            for (const auto& [field, value] : *fields) note.fields[field] = value.text;
        }
    }
    if (note.path.empty()) return std::nullopt;
    return note;
}

} // namespace inlet
