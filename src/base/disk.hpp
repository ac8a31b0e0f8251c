// The file system as Inlet uses it, injected so that tests can fail the n-th operation and drop what was not synced.
// Floor 0. A Disk is safe from many threads; an open File belongs to one thread at a time, but pread may be concurrent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace inlet {

class File {
public:
    virtual ~File() = default; // closes; what was not synced may be lost in a power cut
    // Writes all bytes at the end of what was written before. Errors: disk-full, io-failed.
    virtual Status append(std::span<const std::byte> bytes) = 0;
    // Reads up to bytes.size() at the offset; fewer only at the end of the file.
    virtual Result<std::size_t> pread(std::span<std::byte> bytes, std::uint64_t offset) const = 0;
    virtual Result<std::uint64_t> size() const = 0;
    // Returns once the bytes would survive a power cut. A name made by create() or rename() also needs sync_dir().
    virtual Status sync() = 0;
    // Asks the system to begin writing what was appended so far, without waiting.
    virtual void begin_writeback() {}
};

struct DirEntry {
    std::string name;
    bool is_directory = false;
    std::uint64_t size = 0;       // bytes; 0 for a directory
    std::int64_t modified_us = 0; // since 1970, UTC
};

class Disk {
public:
    virtual ~Disk() = default;
    virtual Result<std::unique_ptr<File>> create(const std::string& path) = 0;     // new, or emptied
    virtual Result<std::unique_ptr<File>> open(const std::string& path) const = 0; // for reading; file-not-found
    // To append to an existing file after its first `size` bytes; what stands behind them goes. Errors: file-not-found,
    // io-failed, also if there are fewer bytes.
    virtual Result<std::unique_ptr<File>> reopen(const std::string& path, std::uint64_t size) = 0;
    virtual Status rename(const std::string& from, const std::string& to) = 0; // replaces `to` atomically
    virtual Status remove(const std::string& path) = 0;                        // absent is not an error
    virtual Status remove_tree(const std::string& path) = 0;                   // absent is not an error
    virtual Status make_dirs(const std::string& path) = 0;                     // with parents
    virtual Status sync_dir(const std::string& path) = 0;
    virtual Result<std::vector<DirEntry>> list(const std::string& path) const = 0; // sorted by name; absent: empty
    virtual Result<bool> exists(const std::string& path) const = 0;
};

// The machine's own.
std::unique_ptr<Disk> make_posix_disk();

// A temporary folder's unique name below `parent` (not made).
std::string temporary_name(std::string_view parent, std::string_view prefix);

} // namespace inlet
