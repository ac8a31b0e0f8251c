#include "fronts/folder/candidates.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "contract/project.hpp"

namespace inlet::folder {

namespace {

// So that the answers' names, which are longer, fit into the 255 bytes of a file system.
constexpr std::size_t kNameBytesMax = 200;

// As written by browsers, rsync's and scp's friends while a file is under way.
constexpr std::array<std::string_view, 5> kTemporaryEndings{".part", ".tmp", ".partial", ".filepart", ".crdownload"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool ends_with(std::string_view name, std::string_view ending) {
    return name.size() >= ending.size() &&
           std::ranges::equal(name.substr(name.size() - ending.size()), ending, {}, lower);
}

std::string shown(std::string_view name) {
    std::string text;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7F)
            text += fmt::format("\\x{:02X}", byte);
        else
            text += c;
    }
    return text;
}

std::string_view why_not(const FolderEntry& entry) {
    if (entry.kind == FolderEntry::Kind::link) return "is a symbolic link, and links are not followed";
    if (entry.kind == FolderEntry::Kind::other) return "is a device or a pipe, and no file";
    if (entry.names > 1) return "has another name elsewhere (a hard link), and could be somebody else's file";
    if (!is_utf8(entry.name)) return "has a name that is not UTF-8";
    if (entry.name.size() > kNameBytesMax) return "has a name of more than 200 bytes";
    return {};
}

} // namespace

Candidates candidates(const FolderSource& source, const std::vector<FolderEntry>& entries) {
    Candidates found;
    for (const FolderEntry& entry : entries) {
        if (entry.kind == FolderEntry::Kind::folder || is_temporary_name(entry.name)) continue;
        if (!name_matches(source.pattern, entry.name)) continue;
        SeenFile file{entry.name, entry.mark};
        const std::string_view reason = why_not(entry);
        if (reason.empty()) {
            found.files.push_back(std::move(file));
        } else {
            Error error(FailureCode::not_a_file, fmt::format("{}/{} {}", source.folder, shown(entry.name), reason));
            found.refused.push_back({std::move(file), std::move(error)});
        }
    }
    return found;
}

bool is_temporary_name(std::string_view name) {
    if (name.starts_with('.') || name.ends_with('~')) return true;
    return std::ranges::any_of(kTemporaryEndings, [&](std::string_view ending) { return ends_with(name, ending); });
}

// RFC 3629, section 4.
bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<unsigned char>(text[at++]);
        if (lead < 0x80) continue;
        const int more = lead >= 0xC2 && lead <= 0xDF   ? 1
                         : (lead & 0xF0U) == 0xE0       ? 2
                         : lead >= 0xF0 && lead <= 0xF4 ? 3
                                                        : 0;
        if (more == 0) return false;
        std::uint32_t point = lead & (0x3FU >> static_cast<unsigned>(more));
        for (int i = 0; i < more; ++i) {
            if (at == text.size()) return false;
            const auto byte = static_cast<unsigned char>(text[at++]);
            if ((byte & 0xC0U) != 0x80) return false;
            point = point << 6U | (byte & 0x3FU);
        }
        const bool too_long = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
        if (too_long || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    }
    return true;
}

} // namespace inlet::folder
