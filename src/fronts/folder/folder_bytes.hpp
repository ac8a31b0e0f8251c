// The bytes of a settled file, as a delivery. Floor 6; one thread.
#pragma once

#include <functional>

#include "fronts/folder/open_folder.hpp"
#include "fronts/folder/settle_watch.hpp"
#include "records/byte_source.hpp"

namespace inlet::folder {

class FolderBytes final : public ByteSource {
public:
    // `folder` is borrowed. `stopping`: asked between blocks.
    FolderBytes(const OpenFolder& folder, FolderFile file, SeenFile settled, std::function<bool()> stopping)
        : folder_(folder), file_(std::move(file)), settled_(std::move(settled)), stopping_(std::move(stopping)) {}

    // At the end of the file looks once more: file-changed if it is not the file that had settled, or no longer has its
    // name. interrupted: told to stop.
    Result<std::size_t> read(std::span<char> room) override;

private:
    Status check() const;

    const OpenFolder& folder_;
    FolderFile file_;
    SeenFile settled_;
    std::function<bool()> stopping_;
    std::uint64_t bytes_ = 0;
};

} // namespace inlet::folder
