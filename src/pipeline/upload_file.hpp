// The bytes of an upload as a file that grows, and their hash on the way. Floor 5; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/disk.hpp"
#include "objects/running_sha256.hpp"

namespace inlet {

class UploadFile {
public:
    // To go on after the first `offset` bytes of <folder>/<id>; what stands behind them goes. At offset 0 the file is
    // made. `hash` is that of those bytes; null: they are read for it. Errors: the disk's.
    static Result<std::unique_ptr<UploadFile>> open(Disk& disk, const std::string& folder, const std::string& id,
                                                    std::uint64_t offset, std::unique_ptr<RunningSha256> hash);

    Status append(std::span<const char> bytes); // after an error nothing more may be appended
    Status sync();                              // returns once all that was appended would survive a power cut
    std::uint64_t size() const { return size_; }
    // Of all that was appended.
    std::unique_ptr<RunningSha256> take_hash() { return std::move(hash_); }

private:
    UploadFile(Disk& disk, std::string folder, std::unique_ptr<File> file, std::uint64_t size, bool named,
               std::unique_ptr<RunningSha256> hash)
        : disk_(disk), folder_(std::move(folder)), file_(std::move(file)), size_(size), named_(named),
          hash_(std::move(hash)) {}

    Disk& disk_;
    std::string folder_;
    std::unique_ptr<File> file_;
    std::uint64_t size_;
    std::uint64_t since_writeback_ = 0;
    bool named_; // the file's name would survive a power cut
    std::unique_ptr<RunningSha256> hash_;
};

} // namespace inlet
