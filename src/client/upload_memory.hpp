// Which uploads were begun and not finished, so that the program goes on with them when it is started again. One file
// for each, in a folder. Floor 5; one thread, but any number of processes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/disk.hpp"

namespace inlet::client {

struct BegunUpload {
    std::string address;          // at the server: "/v1/uploads/..."
    std::int64_t newest_then = 0; // the highest submission that there was when it was begun

    bool operator==(const BegunUpload&) const = default;
};

// An upload is known by a name of 64 hex digits that its owner makes. What cannot be read or written is as if it had
// never been there: the upload begins anew then.
class UploadMemory {
public:
    // Longer than a server keeps what is not gone on with.
    static constexpr std::chrono::hours kKept{7 * 24};

    // An empty folder: nothing is remembered.
    UploadMemory(Disk& disk, const Clock& clock, std::string folder);

    std::optional<BegunUpload> find(const std::string& name) const;
    void keep(const std::string& name, const BegunUpload& upload);
    void forget(const std::string& name);

private:
    std::string path_of(const std::string& name) const { return folder_ + "/" + name + ".json"; }
    Status write(const std::string& name, const BegunUpload& upload);
    void sweep();

    Disk& disk_;
    const Clock& clock_;
    const std::string folder_;
};

// Where the user's programs keep such things (XDG Base Directory Specification): $XDG_STATE_HOME, else ~/.local/state;
// empty if neither is known.
std::string upload_memory_folder();

} // namespace inlet::client
