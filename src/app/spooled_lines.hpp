// The first lines of a text that is written once and read once: in memory while it is short, in a file beyond that.
// Floor 7; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "records/byte_source.hpp"

namespace inlet {

class SpooledLines final : public ByteSink {
public:
    // Keeps `lines_max` lines and drops the rest. `path` says where the file may lie; it is asked once, when the text
    // grows too long.
    SpooledLines(Disk& disk, std::uint64_t lines_max, std::function<Result<std::string>()> path)
        : disk_(disk), lines_max_(lines_max), path_(std::move(path)) {}

    Status write(std::span<const char> bytes) override;
    // Each line without its line end, after the last write().
    Status each(const std::function<Status(std::string_view)>& each);
    std::uint64_t lines() const { return lines_; }

private:
    Status flush();

    Disk& disk_;
    std::uint64_t lines_max_;
    std::function<Result<std::string>()> path_;
    std::uint64_t lines_ = 0;
    std::string memory_; // what is not in the file
    std::string file_path_;
    std::unique_ptr<File> file_; // null while all is in memory
};

} // namespace inlet
