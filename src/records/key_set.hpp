// Finds records whose key came before, in memory that does not grow with the number of keys: entries are scattered over
// partitions by digest, spilled to disk when over budget, and each partition is sorted on its own. Floor 2.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "base/thread_pool.hpp"
#include "records/record_batch.hpp"

namespace inlet {

// A key of any number of columns in 128 bits. Keys of at most two 8-byte columns are mapped one to one; longer ones are
// hashed by XXH3-128 with a seed (two different keys meet with probability below n^2 / 2^129).
struct KeyDigest {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    friend auto operator<=>(const KeyDigest&, const KeyDigest&) = default;
};

struct KeyEntry {
    KeyDigest key;
    RecordOrder order;
};

// Digests of the given columns for the records of a batch that are not rejected and whose key has no missing value,
// appended to `out`.
void digest_keys(const RecordBatch& batch, std::span<const std::size_t> columns, std::uint64_t seed,
                 std::vector<KeyEntry>& out);

struct KeyDuplicate {
    RecordOrder order; // the record whose key came before
    RecordOrder first; // the first record with that key
};

// In ascending order of `order`.
class DuplicateStream {
public:
    virtual ~DuplicateStream() = default;
    virtual Result<bool> next(KeyDuplicate& duplicate) = 0; // false at the end
};

// In ascending order of key; of equal keys only the first record's entry (last = false) or the last record's (last =
// true).
class KeyStream {
public:
    virtual ~KeyStream() = default;
    virtual Result<bool> next(KeyEntry& entry) = 0;
};

class KeySet {
public:
    struct Options {
        std::string spill_folder;                // made when first needed, removed with the set
        std::size_t memory_bytes_max = 24 << 20; // buffers and sorting together
    };
    KeySet(Disk& disk, Options options);
    ~KeySet();
    KeySet(const KeySet&) = delete;
    KeySet& operator=(const KeySet&) = delete;

    // Thread-safe. Errors: disk-full, io-failed.
    Status add(std::span<const KeyEntry> entries);
    // After the last add: sorts. Then duplicates() and keys() may be called, any number of times.
    Status finish(ThreadPool& pool);
    std::uint64_t entries() const;
    std::uint64_t duplicate_count() const;
    Result<std::unique_ptr<DuplicateStream>> duplicates() const;
    Result<std::unique_ptr<KeyStream>> keys(bool last) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace inlet
