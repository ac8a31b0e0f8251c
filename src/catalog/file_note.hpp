// What a delivery to a dataset of files says of its file: what becomes the file's row, beside what the bytes tell.
// Floor 3; values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace inlet {

struct FileNote {
    std::string path;                          // in the dataset
    bool removed = false;                      // it is to go; there are no bytes then
    std::map<std::string, std::string> fields; // by name: name, type, comment, and the dataset's own; values as text

    bool operator==(const FileNote&) const = default;
};

// {"path":"a/b.csv","removed":false,"fields":{"type":"text/csv"}}
std::string file_note_json(const FileNote& note);
// Nothing: it is none.
std::optional<FileNote> read_file_note(std::string_view json);

} // namespace inlet
