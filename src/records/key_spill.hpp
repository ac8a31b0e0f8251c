// Key entries scattered over partitions by the top bits of their digest, kept in one file: the part of KeySet that
// makes its memory independent of the number of keys. Floor 2, for key_set.cpp alone. Writing: one thread at a time;
// reading: any number.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "records/key_set.hpp"

namespace inlet {

class KeySpill {
public:
    // 1 << partition_bits partitions of block_entries each are held in memory before they go to the file `path`.
    KeySpill(Disk& disk, std::string path, unsigned partition_bits, std::size_t block_entries);

    Status add(std::span<const KeyEntry> entries);
    // After the last add: writes what is left and frees the buffers. Then partitions can be read.
    Status flush();

    std::uint64_t entries(std::size_t partition) const { return partitions_[partition].entries; }

    // Hands out a partition's entries block by block, in no order.
    class Reader {
    public:
        Reader(const KeySpill& spill, std::size_t partition);
        Result<bool> next(); // false at the end
        std::span<const KeyEntry> block() const { return block_; }

    private:
        const KeySpill& spill_;
        std::uint64_t offset_;
        std::uint32_t bytes_; // of the block at offset_; 0: none
        std::vector<std::byte> packed_;
        std::vector<KeyEntry> block_;
    };

private:
    // Blocks of a partition are chained backwards through the file, so that no index of them is needed.
    struct Partition {
        std::uint64_t entries = 0;
        std::uint64_t last_offset = 0; // of the last block written
        std::uint32_t last_bytes = 0;  // 0: none yet
        std::uint32_t fill = 0;        // entries in its buffer
    };

    Status write_block(std::size_t partition);
    Status write_packed();

    Disk& disk_;
    std::string path_;
    unsigned shift_;
    std::size_t block_entries_;
    std::vector<Partition> partitions_;
    std::unique_ptr<KeyEntry[]> buffers_; // block_entries_ for each partition
    std::vector<std::byte> packed_;       // blocks on their way to the file
    std::uint64_t file_bytes_ = 0;
    std::unique_ptr<File> file_;
};

} // namespace inlet
