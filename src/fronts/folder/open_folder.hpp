// A folder by its descriptor, as one must hold it while others move things about in it: every name is a single
// component, and links are never followed. Floor 6. Safe from many threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "catalog/pickups.hpp"
#include "records/byte_source.hpp"

namespace inlet::folder {

// Owns a number that the system gave.
class Descriptor {
public:
    explicit Descriptor(int number = -1) : number_(number) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_;
};

struct FolderEntry {
    enum class Kind : std::uint8_t { file, folder, link, other };
    std::string name;
    Kind kind = Kind::other;
    std::uint64_t names = 1; // that the file has (hard links)
    FileMark mark;
};

// A plain file open for reading.
class FolderFile {
public:
    FolderFile(Descriptor descriptor, std::string path) : descriptor_(std::move(descriptor)), path_(std::move(path)) {}
    Result<FileMark> mark() const;
    Result<std::size_t> read(std::span<char> room); // front to back; 0 at the end

private:
    Descriptor descriptor_;
    std::string path_;
};

// Errors, unless said: folder-unavailable (the folder is gone, or may not be used), disk-full, io-failed.
class OpenFolder {
public:
    static Result<OpenFolder> open(const std::string& path);
    // A folder below this one; made where it is missing. `path` may have several components.
    Result<OpenFolder> below(const std::string& path) const;
    // Makes the folder and those above it where they are missing; the last component must not be a link.
    static Result<OpenFolder> make(const std::string& path);

    const std::string& path() const { return path_; }
    int descriptor() const { return descriptor_.get(); }
    // Whether the path still leads here.
    bool still_there() const;

    Result<std::vector<FolderEntry>> list() const; // by name; what vanishes meanwhile is left out
    Result<std::optional<FolderEntry>> find(const std::string& name) const;
    // file-not-found, not-a-file, io-failed.
    Result<FolderFile> read(const std::string& name) const;
    // Writes the file beside and renames it: whole and durable under its name when it returns.
    Status write(const std::string& name, ByteSource& bytes) const;
    Status remove(const std::string& name) const;                            // absent is not an error
    Result<bool> move(const std::string& from, const std::string& to) const; // false: there is a `to` already
    Status sync() const;

private:
    OpenFolder(Descriptor descriptor, std::string path) : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

    Descriptor descriptor_;
    std::string path_;
};

} // namespace inlet::folder
