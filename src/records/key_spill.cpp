// Blocks are packed before they are written: most keys need 16 bytes of their 24, as their low halves and their orders
// lie close together.
#include "records/key_spill.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include <fmt/format.h>

namespace inlet {

namespace {

constexpr std::size_t kPackedBytes = 128 << 10; // written at once

// Then come `count` high halves of 8 bytes, low halves less low_base in low_bytes each, orders less order_base in
// order_bytes each.
struct BlockHeader {
    std::uint32_t count = 0;
    std::uint8_t low_bytes = 0;   // 0, 4 or 8
    std::uint8_t order_bytes = 0; // 4 or 8
    std::uint16_t unused = 0;
    std::uint64_t low_base = 0;
    std::uint64_t order_base = 0;
    std::uint64_t previous_offset = 0;
    std::uint32_t previous_bytes = 0; // 0: this is the partition's first
    std::uint32_t unused_too = 0;

    std::size_t bytes() const { return sizeof(BlockHeader) + std::size_t{count} * (8 + low_bytes + order_bytes); }
};

std::uint8_t bytes_for(std::uint64_t range) { return range <= std::numeric_limits<std::uint32_t>::max() ? 4 : 8; }

template <class Get>
std::byte* pack(std::byte* to, std::span<const KeyEntry> entries, std::uint8_t bytes_each, Get get) {
    if (bytes_each == 4) {
        for (const KeyEntry& entry : entries) {
            const auto value = static_cast<std::uint32_t>(get(entry));
            std::memcpy(to, &value, 4);
            to += 4;
        }
    } else if (bytes_each == 8) {
        for (const KeyEntry& entry : entries) {
            const std::uint64_t value = get(entry);
            std::memcpy(to, &value, 8);
            to += 8;
        }
    }
    return to;
}

template <class Set>
const std::byte* unpack(const std::byte* from, std::span<KeyEntry> entries, std::uint8_t bytes_each, Set set) {
    if (bytes_each == 0) {
        for (KeyEntry& entry : entries) set(entry, 0);
    } else if (bytes_each == 4) {
        for (KeyEntry& entry : entries) {
            std::uint32_t value = 0;
            std::memcpy(&value, from, 4);
            set(entry, value);
            from += 4;
        }
    } else {
        for (KeyEntry& entry : entries) {
            std::uint64_t value = 0;
            std::memcpy(&value, from, 8);
            set(entry, value);
            from += 8;
        }
    }
    return from;
}

} // namespace

KeySpill::KeySpill(Disk& disk, std::string path, unsigned partition_bits, std::size_t block_entries)
    : disk_(disk), path_(std::move(path)), shift_(64 - partition_bits), block_entries_(block_entries),
      partitions_(std::size_t{1} << partition_bits) {
    CHECK(partition_bits >= 1 && block_entries >= 1);
}

Status KeySpill::add(std::span<const KeyEntry> entries) {
    if (!buffers_) {
        file_ = TRY(disk_.create(path_));
        buffers_ = std::make_unique_for_overwrite<KeyEntry[]>(partitions_.size() * block_entries_);
        packed_.reserve(kPackedBytes + sizeof(BlockHeader) + block_entries_ * sizeof(KeyEntry));
    }
    for (const KeyEntry& entry : entries) {
        const std::size_t number = entry.key.high >> shift_;
        Partition& partition = partitions_[number];
        buffers_[number * block_entries_ + partition.fill] = entry;
        if (++partition.fill == block_entries_) TRY(write_block(number));
    }
    return {};
}

Status KeySpill::write_block(std::size_t number) {
    Partition& partition = partitions_[number];
    const std::span<const KeyEntry> entries(&buffers_[number * block_entries_], partition.fill);
    std::uint64_t low_min = entries[0].key.low;
    std::uint64_t low_max = low_min;
    std::uint64_t order_min = entries[0].order.value;
    std::uint64_t order_max = order_min;
    for (const KeyEntry& entry : entries) {
        low_min = std::min(low_min, entry.key.low);
        low_max = std::max(low_max, entry.key.low);
        order_min = std::min(order_min, entry.order.value);
        order_max = std::max(order_max, entry.order.value);
    }
    const BlockHeader header{.count = partition.fill,
                             .low_bytes = low_min == low_max ? std::uint8_t{0} : bytes_for(low_max - low_min),
                             .order_bytes = bytes_for(order_max - order_min),
                             .low_base = low_min,
                             .order_base = order_min,
                             .previous_offset = partition.last_offset,
                             .previous_bytes = partition.last_bytes};
    const std::size_t at = packed_.size();
    packed_.resize(at + header.bytes());
    std::byte* to = packed_.data() + at;
    std::memcpy(to, &header, sizeof header);
    to += sizeof header;
    to = pack(to, entries, 8, [](const KeyEntry& entry) { return entry.key.high; });
    to = pack(to, entries, header.low_bytes, [&](const KeyEntry& entry) { return entry.key.low - low_min; });
    pack(to, entries, header.order_bytes, [&](const KeyEntry& entry) { return entry.order.value - order_min; });

    partition.last_offset = file_bytes_ + at;
    partition.last_bytes = static_cast<std::uint32_t>(header.bytes());
    partition.entries += partition.fill;
    partition.fill = 0;
    if (packed_.size() >= kPackedBytes) TRY(write_packed());
    return {};
}

Status KeySpill::write_packed() {
    TRY(file_->append(packed_));
    file_bytes_ += packed_.size();
    packed_.clear();
    return {};
}

Status KeySpill::flush() {
    if (!buffers_) return {};
    for (std::size_t number = 0; number < partitions_.size(); ++number) {
        if (partitions_[number].fill > 0) TRY(write_block(number));
    }
    TRY(write_packed());
    buffers_.reset();
    packed_ = {};
    return {};
}

KeySpill::Reader::Reader(const KeySpill& spill, std::size_t partition)
    : spill_(spill), offset_(spill.partitions_[partition].last_offset),
      bytes_(spill.partitions_[partition].last_bytes) {}

Result<bool> KeySpill::Reader::next() {
    if (bytes_ == 0) return false;
    packed_.resize(bytes_);
    const std::size_t got = TRY(spill_.file_->pread(packed_, offset_));
    BlockHeader header;
    if (got == bytes_) std::memcpy(&header, packed_.data(), sizeof header);
    if (got != bytes_ || header.bytes() != bytes_) {
        return fail(FailureCode::io_failed, fmt::format("{} does not hold what was written to it", spill_.path_));
    }
    block_.resize(header.count);
    const std::byte* from = packed_.data() + sizeof header;
    from = unpack(from, block_, 8, [](KeyEntry& entry, std::uint64_t value) { entry.key.high = value; });
    from = unpack(from, block_, header.low_bytes,
                  [&](KeyEntry& entry, std::uint64_t value) { entry.key.low = header.low_base + value; });
    unpack(from, block_, header.order_bytes,
           [&](KeyEntry& entry, std::uint64_t value) { entry.order.value = header.order_base + value; });
    offset_ = header.previous_offset;
    bytes_ = header.previous_bytes;
    return true;
}

} // namespace inlet
