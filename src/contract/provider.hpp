// Who sends, and the ways on which their deliveries come: `providers:` of inlet.yaml. Floor 1; immutable once read.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace inlet {

// A watch folder: files that match lie still there for the settle time, and are then taken.
struct FolderSource {
    std::string folder;        // absolute
    std::string pattern = "*"; // of file names, as name_matches() reads it
    std::string target;        // dataset or package
    bool target_is_package = false;
    std::chrono::seconds settle{15 * 60}; // since the last change
    std::string outbox;                   // absolute; where the answers go

    bool operator==(const FolderSource&) const = default;
};

struct Provider {
    std::string name;
    std::string title;
    std::vector<std::string> contacts; // e-mail addresses
    std::vector<FolderSource> sources;

    bool operator==(const Provider&) const = default;
};

} // namespace inlet
