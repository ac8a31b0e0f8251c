// What in a watch folder is a delivery. Floor 6; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "contract/provider.hpp"
#include "fronts/folder/open_folder.hpp"
#include "fronts/folder/settle_watch.hpp"

namespace inlet::folder {

struct Candidates {
    std::vector<SeenFile> files; // to be taken once they have settled
    struct Refused {
        SeenFile file;
        Error reason; // not-a-file
    };
    std::vector<Refused> refused; // match, but are not taken as they are
};

// Of a folder's entries. Hidden and temporary names, subfolders, and what does not match the pattern is passed over.
Candidates candidates(const FolderSource& source, const std::vector<FolderEntry>& entries);

// A leading dot, `~` at the end, or the ending of a file that a program is still writing (.part, .tmp ...).
bool is_temporary_name(std::string_view name);
bool is_utf8(std::string_view text);

} // namespace inlet::folder
