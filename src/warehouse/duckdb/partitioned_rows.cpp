// See partitioned_rows.hpp.
#include "warehouse/duckdb/partitioned_rows.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <utility>

namespace inlet::duck {

namespace {

std::unexpected<Error> failed(std::string_view what, int error) {
    const FailureCode code = error == ENOSPC || error == EDQUOT ? FailureCode::disk_full : FailureCode::io_failed;
    return fail(code, fmt::format("{} for rows that do not fit in memory failed: {}", what, std::strerror(error)));
}

} // namespace

PartitionedRows::~PartitionedRows() {
    for (const int file : files_) ::close(file);
}

PartitionedRows::Writer& PartitionedRows::writer() {
    const std::scoped_lock lock(mutex_);
    auto& writer = writers_[std::this_thread::get_id()];
    if (writer == nullptr) {
        writer = std::make_unique<Writer>();
        writer->open.resize(partitions());
        writer->blocks.resize(partitions());
    }
    return *writer;
}

char* PartitionedRows::reserve(Writer& writer, std::size_t partition, std::size_t bytes) const {
    Writer::Open& open = writer.open[partition];
    if (open.used + bytes > open.capacity) {
        // Rows of the chunk at hand may still be written into the block, so it is put away only after it.
        if (open.used != 0) writer.full.emplace_back(partition, std::exchange(open, {}));
        open.capacity = std::max(options_.block_bytes, bytes);
        open.bytes = std::make_unique_for_overwrite<char[]>(open.capacity);
        open.used = 0;
    }
    char* at = open.bytes.get() + open.used;
    open.used += bytes;
    return at;
}

Status PartitionedRows::add(const RowCode& code, const std::vector<duckdb_vector>& vectors, std::size_t count,
                            bool live) {
    Writer& mine = writer();
    RowCode::Work& work = mine.work;
    code.measure(vectors, count, live, work);
    work.cursors.resize(count);
    const std::size_t bits = options_.partition_bits;
    for (std::size_t i = 0; i < count; i++) {
        const std::size_t partition = bits == 0 ? 0 : work.hashes[i] >> (64 - bits);
        work.cursors[i] = reserve(mine, partition, work.sizes[i]);
    }
    code.write(vectors, count, live, work);
    mine.rows += count;
    for (auto& [partition, open] : mine.full) TRY(put_away(mine, partition, std::move(open)));
    mine.full.clear();
    return {};
}

Status PartitionedRows::put_away(Writer& writer, std::size_t partition, Writer::Open&& open) {
    Block block;
    block.size = open.used;
    bool keep = false;
    {
        const std::scoped_lock lock(mutex_);
        keep = in_memory_ + open.capacity <= options_.memory_bytes_max;
        if (keep) in_memory_ += open.capacity;
    }
    if (keep) {
        block.bytes = std::move(open.bytes);
    } else {
        block.offset = writer.file_bytes;
        TRY(append_to_file(writer, open.bytes.get(), open.used));
        block.file = writer.file;
    }
    writer.blocks[partition].push_back(std::move(block));
    return {};
}

Status PartitionedRows::append_to_file(Writer& writer, const char* bytes, std::size_t size) {
    if (writer.file < 0) {
        std::error_code ignored;
        std::filesystem::create_directories(options_.folder, ignored);
        writer.file = ::open(options_.folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (writer.file < 0) return failed("making a temporary file in " + options_.folder, errno);
        const std::scoped_lock lock(mutex_);
        files_.push_back(writer.file);
    }
    for (std::size_t done = 0; done < size;) {
        const ssize_t written =
            ::pwrite(writer.file, bytes + done, size - done, static_cast<off_t>(writer.file_bytes + done));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return failed("writing", written < 0 ? errno : ENOSPC);
        done += static_cast<std::size_t>(written);
    }
    writer.file_bytes += size;
    return {};
}

Status PartitionedRows::finish() {
    blocks_.resize(partitions());
    for (auto& [thread, writer] : writers_) {
        for (std::size_t p = 0; p < partitions(); p++) {
            if (writer->open[p].used != 0) TRY(put_away(*writer, p, std::move(writer->open[p])));
            std::move(writer->blocks[p].begin(), writer->blocks[p].end(), std::back_inserter(blocks_[p]));
        }
        rows_ += writer->rows;
    }
    writers_.clear();
    return {};
}

std::size_t PartitionedRows::bytes(std::size_t partition) const {
    std::size_t sum = 0;
    for (const Block& block : blocks_[partition]) sum += block.size;
    return sum;
}

Result<std::string_view> PartitionedRows::read(std::size_t partition, std::size_t block,
                                               std::vector<char>& buffer) const {
    const Block& wanted = blocks_[partition][block];
    if (wanted.bytes != nullptr) return std::string_view(wanted.bytes.get(), wanted.size);
    if (buffer.size() < wanted.size) buffer.resize(wanted.size);
    for (std::size_t done = 0; done < wanted.size;) {
        const ssize_t got =
            ::pread(wanted.file, buffer.data() + done, wanted.size - done, static_cast<off_t>(wanted.offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return failed("reading", got < 0 ? errno : EIO);
        done += static_cast<std::size_t>(got);
    }
    return std::string_view(buffer.data(), wanted.size);
}

} // namespace inlet::duck
