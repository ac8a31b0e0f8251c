// Which files have lain still for the settle time. Floor 6. One thread; asks no clock and no disk.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/pickups.hpp"

namespace inlet::folder {

// Of a clock that only goes forward, whatever is done to the wall clock.
using Moment = std::chrono::steady_clock::time_point;

struct SeenFile {
    std::string name;
    FileMark mark;

    bool operator==(const SeenFile&) const = default;
};

class SettleWatch {
public:
    explicit SettleWatch(std::chrono::nanoseconds settle) : settle_(settle) {}

    // All files that there are. One that is new, or whose mark is another than before, begins to settle now; one that
    // is not listed is forgotten.
    void look(const std::vector<SeenFile>& files, Moment now);
    // Something happened to the file, even if its mark does not show it (two writes within a tick of the file system's
    // clock): it begins to settle anew. Not of a file that was not seen yet.
    void touch(const std::string& name, Moment now);
    void touch_all(Moment now);

    std::vector<SeenFile> settled(Moment now) const; // longest still first
    std::optional<Moment> next(Moment now) const;    // when the next of the others will have settled

private:
    struct Watched {
        FileMark mark;
        Moment still_since;
    };

    std::chrono::nanoseconds settle_;
    std::map<std::string, Watched> files_;
};

} // namespace inlet::folder
