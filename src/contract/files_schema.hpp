// The row that each object of a dataset of kind `files` has. Floor 1; plain functions.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "contract/field.hpp"

namespace inlet {

// Names of the fields that every such dataset has, before those of its own schema.
namespace files_field {
inline constexpr std::string_view kPath = "path"; // the key
inline constexpr std::string_view kName = "name"; // as its sender calls it
inline constexpr std::string_view kType = "type"; // media type
inline constexpr std::string_view kBytes = "bytes";
inline constexpr std::string_view kSha256 = "sha256"; // of the object
inline constexpr std::string_view kComment = "comment";
inline constexpr std::string_view kUploadedBy = "uploaded_by";
inline constexpr std::string_view kUploadedAt = "uploaded_at";
} // namespace files_field

// Those fields and, behind them, the dataset's own.
Schema files_schema(const Schema& own);
// Whether a sender may set the field beside the bytes: name, type, comment, and the dataset's own.
bool is_files_note(const Schema& schema, std::string_view field);
// Whether it is a field that every such dataset has (case aside, as SQL does not tell it).
bool is_files_field(std::string_view field);

inline constexpr std::size_t kFilePathBytesMax = 1024;

// path-invalid: absolute, empty, longer than kFilePathBytesMax, not UTF-8, an empty segment, `.` or `..`, a control
// character, a backslash.
Status check_file_path(std::string_view path);

} // namespace inlet
