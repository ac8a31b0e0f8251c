// What the system tells of a folder as it happens: inotify(7). Floor 6; one thread.
#pragma once

#include <string>
#include <vector>

#include "fronts/folder/open_folder.hpp"

namespace inlet::folder {

class FolderEvents {
public:
    FolderEvents(); // may get no watch, as there are only so many; then descriptor() is -1

    // From now on of this folder, and of no other. False: the system cannot tell; one has to look from time to time.
    // What it does not tell: changes by other machines on a network file system, and writes through a memory mapping.
    bool watch(const OpenFolder& folder);
    bool watching() const { return watch_ >= 0; }
    int descriptor() const { return events_.get(); } // readable once something happened

    struct Seen {
        std::vector<std::string> touched; // files that were made, written, or got their name
        bool lost = false;                // more happened than could be told
    };
    // All that happened since; does not wait.
    Seen read();

private:
    Descriptor events_;
    int watch_ = -1;
};

} // namespace inlet::folder
