// The differences between a part and the live rows by primary key, in memory that does not grow with either: both are
// scattered over partitions by the hash of the key, and each partition is matched on its own. It takes the place of
// DuckDB's hash join where that would have to spill, which costs it twice the time and sometimes fails for want of
// memory. It also finds repeated keys on the way.
//
// DuckDB's threads do the work, in two functions: `inlet_scatter(id, ...)` takes rows in, `inlet_delta(id)` gives the
// differences out.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "warehouse/duckdb/connection.hpp"
#include "warehouse/duckdb/partitioned_rows.hpp"
#include "warehouse/duckdb/row_code.hpp"
#include "warehouse/duckdb/tables.hpp"

namespace inlet::duck {

struct DiffSettings {
    std::string folder; // for what does not fit in memory
    std::size_t threads = 1;
    std::size_t partition_bytes = 4 << 20;   // about; of one side
    std::size_t memory_bytes_max = 16 << 20; // of each side's full blocks, before the file is used
};

class DiffRegistry;

class KeyedDiff {
public:
    KeyedDiff(Connection& db, DiffRegistry& registry, const StoredTable& table, const DiffSettings& settings);
    ~KeyedDiff();
    KeyedDiff(const KeyedDiff&) = delete;
    KeyedDiff& operator=(const KeyedDiff&) = delete;

    // Takes both sides in: the part's rows from `source` (SQL: c0 ... and _order; about `sent` of them) and the live
    // ones (about `live`).
    Status gather(const std::string& source, std::uint64_t sent, std::uint64_t live);

    // What sql() gives: a table with the columns of a ChangeSet's delta. A pass may be made any number of times.
    struct Wanted {
        bool changes = true;  // insertions and updates
        bool removals = true; // live rows whose key the part lacks
        bool same = true;     // rows that stand as sent
    };
    void begin_pass(Wanted wanted);
    std::string sql() const { return "inlet_delta(" + std::to_string(id_) + ")"; }
    // After a pass: distinct keys of the part.
    std::uint64_t distinct() const { return sent_->rows() - repeats_; }
    Error blame(Error error) const; // the diff's own failure in the place of DuckDB's words for it

private:
    friend struct DiffFunctions;
    struct Found {
        std::int8_t kind;
        const char* sent; // null: none
        const char* live;
    };
    // What one of DuckDB's threads is matching: one partition.
    struct Matcher {
        std::vector<std::unique_ptr<char[]>> memory; // of the part's rows, as far as they were read from the file
        std::vector<std::uint32_t> table;            // 1 + position in `sent`; 0: free
        std::vector<const char*> sent;
        std::vector<bool> met;
        std::vector<char> buffer;                  // a block of live rows
        std::vector<std::unique_ptr<char[]>> kept; // live rows that are among the found
        std::size_t kept_used = 0;
        std::size_t kept_size = 0;
        std::vector<Found> found;
        std::size_t given = 0;
    };

    Result<bool> match_next(Matcher& matcher);
    Status load(std::size_t partition, Matcher& matcher, std::uint64_t& repeats) const;
    Status probe(std::size_t partition, Matcher& matcher) const;
    const char* keep(Matcher& matcher, CodedRow row) const;
    void set_failure(Error error);

    Connection& db_;
    DiffRegistry& registry_;
    const StoredTable& table_;
    const DiffSettings settings_;
    const RowCode code_;
    std::int64_t id_ = 0;
    std::unique_ptr<PartitionedRows> sent_;
    std::unique_ptr<PartitionedRows> live_;
    PartitionedRows* taking_ = nullptr; // the side that is being gathered
    Wanted wanted_;
    std::atomic<std::size_t> next_{0}; // partition
    std::atomic<std::uint64_t> repeats_{0};
    mutable std::mutex mutex_;
    std::optional<Error> failure_; // behind mutex_
};

// The diffs that statements may name. Thread-safe.
class DiffRegistry {
public:
    // Makes the two functions known to the connection's instance; the registry must outlive it.
    Status install(Connection& connection);
    std::int64_t add(KeyedDiff* diff, const Connection& connection);
    void remove(std::int64_t id);
    KeyedDiff* find(std::int64_t id, idx_t connection_id) const;

private:
    struct Entry {
        KeyedDiff* diff;
        idx_t connection_id;
    };
    mutable std::mutex mutex_;
    std::map<std::int64_t, Entry> diffs_; // behind mutex_
    std::int64_t next_id_ = 1;            // behind mutex_
};

} // namespace inlet::duck
