// Files and standard input as the byte sources that the floors below read from. Floor 7.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "objects/object_store.hpp"
#include "records/byte_source.hpp"

namespace inlet {

// A file, read from its beginning each time it is opened. Safe from many threads.
class FileOrigin final : public ByteOrigin {
public:
    FileOrigin(const Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
    Result<std::unique_ptr<ByteSource>> open() const override;

private:
    const Disk& disk_;
    std::string path_;
};

// What comes in on a descriptor, such as standard input; the descriptor is borrowed. One thread.
class DescriptorSource final : public ByteSource {
public:
    explicit DescriptorSource(int descriptor) : descriptor_(descriptor) {}
    Result<std::size_t> read(std::span<char> room) override;

private:
    int descriptor_;
};

// All that is left in a source, to a sink.
Status copy_bytes(ByteSource& from, ByteSink& to);

// The lines of a source without their line ends, until `each` says false. A line is held whole in memory.
Status each_line(ByteSource& from, const std::function<Result<bool>(std::string_view)>& each);

} // namespace inlet
