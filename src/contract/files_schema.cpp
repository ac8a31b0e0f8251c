#include "contract/files_schema.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace inlet {

namespace {

using namespace files_field;

constexpr std::array kFields{kPath, kName, kType, kBytes, kSha256, kComment, kUploadedBy, kUploadedAt};

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = [&](std::size_t i) {
            return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
        };
        const unsigned lead = byte(0);
        const std::size_t more = lead < 0x80 ? 0 : lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
        unsigned point = more == 0 ? lead : lead & (0x3FU >> more);
        if (lead >= 0xF8 || (lead >= 0x80 && lead < 0xC2)) return false;
        for (std::size_t i = 1; i <= more; ++i) {
            if ((byte(i) & 0xC0U) != 0x80) return false;
            point = point << 6U | (byte(i) & 0x3FU);
        }
        constexpr std::array<unsigned, 4> kLeast{0, 0x80, 0x800, 0x10000};
        if (point < kLeast[more] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
        at += more + 1;
    }
    return true;
}

} // namespace

Schema files_schema(const Schema& own) {
    Schema schema;
    for (const std::string_view name : kFields) {
        Field& field = schema.fields.emplace_back();
        field.name = name;
        if (name == kBytes) field.type = FieldType::integer;
        if (name == kUploadedAt) field.type = FieldType::datetime;
        field.constraints.required = name == kPath || name == kBytes || name == kSha256 || name == kUploadedAt;
    }
    schema.primary_key = {0};
    schema.fields.insert(schema.fields.end(), own.fields.begin(), own.fields.end());
    return schema;
}

bool is_files_field(std::string_view field) {
    std::string folded(field);
    std::ranges::transform(folded, folded.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return std::ranges::find(kFields, folded) != kFields.end();
}

bool is_files_note(const Schema& schema, std::string_view field) {
    if (field == kName || field == kType || field == kComment) return true;
    return !is_files_field(field) && schema.find(field).has_value();
}

Status check_file_path(std::string_view path) {
    const auto invalid = [&](std::string_view why) {
        return fail(FailureCode::path_invalid, fmt::format("a file's path {}", why));
    };
    if (path.empty()) return invalid("must not be empty");
    if (path.size() > kFilePathBytesMax) return invalid(fmt::format("has at most {} bytes", kFilePathBytesMax));
    if (!is_utf8(path)) return invalid("is UTF-8");
    if (std::ranges::any_of(path, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F || c == '\\'; }))
        return invalid("has no control characters and no backslash");
    if (path.front() == '/') return invalid("is relative to the dataset, and does not begin with `/`");
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string_view segment = path.substr(at, end - at);
        if (segment.empty() || segment == "." || segment == "..")
            return invalid("has no empty segment, no `.` and no `..`");
        at = end + 1;
    }
    return {};
}

} // namespace inlet
