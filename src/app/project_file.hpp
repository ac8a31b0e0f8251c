// Finds inlet.yaml and reads what it names from the disk. Floor 7.
#pragma once

#include <string>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "contract/project_reader.hpp"

namespace inlet {

// The project file's path: in `given` if that is a folder, `given` itself if it is a file; for an empty `given` the
// inlet.yaml in the current folder, else in the nearest one above it. Error: project-not-found.
Result<std::string> find_project_file(const std::string& given);

// A file that a person named, for reading. Errors: file-not-found (also for one that may not be read), bad-argument (a
// folder).
Status check_readable(const std::string& path);

// The whole of a small file. Errors: as check_readable(); bad-argument if it is larger than `bytes_max`.
Result<std::string> read_small_file(const Disk& disk, const std::string& path, std::size_t bytes_max = 4 << 20);

class DiskFiles final : public FileSource {
public:
    explicit DiskFiles(const Disk& disk) : disk_(disk) {}
    Result<std::string> read(const std::string& path) const override { return read_small_file(disk_, path); }

private:
    const Disk& disk_;
};

} // namespace inlet
