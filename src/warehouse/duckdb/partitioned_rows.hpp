// Coded rows scattered over partitions by the hash of their key, in a bounded part of memory and beyond it in temporary
// files that have no names, so that nothing stays of them whatever happens. Many threads add, each to a file of its
// own: the kernel lets one write to a file at a time. Then partitions are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "warehouse/duckdb/row_code.hpp"

namespace inlet::duck {

class PartitionedRows {
public:
    struct Options {
        std::string folder;                      // of the temporary files; made when first needed
        std::size_t partition_bits = 0;          // 2^bits partitions
        std::size_t memory_bytes_max = 16 << 20; // of full blocks; beyond it they go to files
        std::size_t block_bytes = 32 << 10;
    };
    explicit PartitionedRows(Options options) : options_(std::move(options)) {}
    ~PartitionedRows();
    PartitionedRows(const PartitionedRows&) = delete;
    PartitionedRows& operator=(const PartitionedRows&) = delete;

    // Thread-safe. Errors: disk-full, io-failed.
    Status add(const RowCode& code, const std::vector<duckdb_vector>& vectors, std::size_t count, bool live);
    // After the last add.
    Status finish();

    std::size_t partitions() const { return std::size_t{1} << options_.partition_bits; }
    std::uint64_t rows() const { return rows_; }
    std::size_t blocks(std::size_t partition) const { return blocks_[partition].size(); }
    std::size_t bytes(std::size_t partition) const;
    // The rows of one block, one after the other; `buffer` may be used to hold them. Thread-safe after finish().
    Result<std::string_view> read(std::size_t partition, std::size_t block, std::vector<char>& buffer) const;

private:
    struct Block {
        std::unique_ptr<char[]> bytes; // null: in a file
        int file = -1;                 // open as long as this object
        std::uint64_t offset = 0;      // in the file
        std::size_t size = 0;
    };
    // What one thread is filling.
    struct Writer {
        struct Open {
            std::unique_ptr<char[]> bytes;
            std::size_t capacity = 0;
            std::size_t used = 0;
        };
        std::vector<Open> open;                         // by partition
        std::vector<std::pair<std::size_t, Open>> full; // with its partition
        std::vector<std::vector<Block>> blocks;         // by partition
        std::uint64_t rows = 0;
        int file = -1; // made when first needed
        std::uint64_t file_bytes = 0;
        RowCode::Work work;
    };

    Writer& writer();
    char* reserve(Writer& writer, std::size_t partition, std::size_t bytes) const;
    Status put_away(Writer& writer, std::size_t partition, Writer::Open&& open);
    Status append_to_file(Writer& writer, const char* bytes, std::size_t size);

    const Options options_;
    std::mutex mutex_;
    std::map<std::thread::id, std::unique_ptr<Writer>> writers_; // behind mutex_; each used by its thread alone
    std::size_t in_memory_ = 0;                                  // behind mutex_: bytes of full blocks
    std::vector<int> files_;                                     // behind mutex_: all that were made
    std::vector<std::vector<Block>> blocks_;                     // after finish()
    std::uint64_t rows_ = 0;
};

} // namespace inlet::duck
