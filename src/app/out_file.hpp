// A file that is there whole or not at all: written beside its place, synced, then renamed into it. Where there is
// something else than a plain file (a pipe, a device, /dev/stdout), it is written to as it stands. Floor 7; one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/console.hpp"
#include "base/disk.hpp"
#include "base/result.hpp"
#include "records/byte_source.hpp"

namespace inlet {

class OutFile final : public ByteSink {
public:
    // Errors: of the disk; bad-argument if `path` is a folder; file-not-found if its folder is not there.
    // A symbolic link stays one: what it leads to is written.
    static Result<std::unique_ptr<OutFile>> create(Disk& disk, const std::string& path);
    ~OutFile() override; // not committed: what was written is removed, if it can be
    Status write(std::span<const char> bytes) override;
    Status commit();

private:
    OutFile(Disk& disk, std::string path, std::string temporary, std::unique_ptr<File> file)
        : disk_(disk), path_(std::move(path)), temporary_(std::move(temporary)), file_(std::move(file)) {}
    OutFile(Disk& disk, int descriptor) : disk_(disk), descriptor_(descriptor), stream_(std::in_place, descriptor) {}
    Status flush();

    Disk& disk_;
    std::string path_;
    std::string temporary_;
    std::unique_ptr<File> file_; // null: the stream is written to
    int descriptor_ = -1;
    std::optional<DescriptorSink> stream_;
    std::string buffer_;
    bool committed_ = false;
};

// Where what is written to `path` ends up: behind symbolic links, also one that leads to nothing yet.
std::string behind_links(const std::string& path);
// Whether writing to `path` in one step would put a plain file there: nothing or a plain file is there now.
bool takes_plain_file(const std::string& path);
// That writing to `output` leaves the file `input` alone. bad-argument.
Status check_apart(const std::string& output, const std::string& input);

// The folder that a path is in: "." for a bare name.
std::string folder_of(const std::string& path);
// The last part of a path.
std::string name_of(const std::string& path);
// Where to write what will be renamed to `path`.
std::string temporary_beside(const std::string& path);

} // namespace inlet
