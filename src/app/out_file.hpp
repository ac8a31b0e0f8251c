// A file that is there whole or not at all: written beside its place, synced, then renamed into it. Floor 7; one
// thread.
#pragma once

#include <memory>
#include <string>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "records/byte_source.hpp"

namespace inlet {

class OutFile final : public ByteSink {
public:
    // Errors: of the disk; bad-argument if `path` is a folder; file-not-found if its folder is not there.
    static Result<std::unique_ptr<OutFile>> create(Disk& disk, const std::string& path);
    ~OutFile() override; // not committed: what was written is removed
    Status write(std::span<const char> bytes) override;
    Status commit();

private:
    OutFile(Disk& disk, std::string path, std::string temporary, std::unique_ptr<File> file)
        : disk_(disk), path_(std::move(path)), temporary_(std::move(temporary)), file_(std::move(file)) {}
    Status flush();

    Disk& disk_;
    std::string path_;
    std::string temporary_;
    std::unique_ptr<File> file_;
    std::string buffer_;
    bool committed_ = false;
};

// The folder that a path is in: "." for a bare name.
std::string folder_of(const std::string& path);
// The last part of a path.
std::string name_of(const std::string& path);
// Where to write what will be renamed to `path`.
std::string temporary_beside(const std::string& path);

} // namespace inlet
