// Makes zip archives, honest and hostile, for tests. Floor 5, testing only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace inlet {

struct ZipEntry {
    std::string name; // these bytes, without a word on their charset
    std::string bytes;
    std::string link_to; // a symbolic link, if set
    bool stored = false; // not compressed
    bool folder = false;
};

std::string make_zip(const std::vector<ZipEntry>& entries, bool encrypted = false);

} // namespace inlet
