// A plain file while it is sent: it is the same file from the first byte to the last, or this says that it is not.
// Floor 5; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"

namespace inlet::client {

class SentFile {
public:
    // file-not-found.
    static Result<std::unique_ptr<SentFile>> open(const std::string& path);
    ~SentFile();
    SentFile(const SentFile&) = delete;
    SentFile& operator=(const SentFile&) = delete;

    std::uint64_t bytes() const { return bytes_; }
    // The same for the same bytes in the same file: its size, when it was changed, and the hash of how it begins.
    const std::string& identity() const { return identity_; }
    // Up to room.size() bytes at the offset; the last of them only if nothing was changed meanwhile. Errors:
    // file-malformed (it was changed), io-failed.
    Result<std::size_t> read(std::span<char> room, std::uint64_t offset) const;

private:
    SentFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
    Status look();

    const std::string path_;
    const int descriptor_;
    std::uint64_t bytes_ = 0;
    std::int64_t changed_ns_ = 0;
    std::string identity_;
};

} // namespace inlet::client
