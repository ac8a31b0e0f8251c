// Record batches as a table of DuckDB: `SELECT ... FROM inlet_rows(id)` pulls a feed's rows on DuckDB's own threads, so
// that reading, checking and inserting run in parallel inside one transaction. Values are copied column by column; text
// is not copied at all: DuckDB's vectors point into the batch, which lives until the thread that pulled it asks for its
// next chunk (every operator has copied what it keeps by then).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "contract/field.hpp"
#include "records/record_batch.hpp"
#include "warehouse/duckdb/connection.hpp"

namespace inlet::duck {

// Column that holds the record's place in its part, beside the schema's columns c0, c1 ...
inline constexpr const char* kOrderColumn = "_order";

// The rows of some sources. Thread-safe.
class RowFeed {
public:
    RowFeed(const Schema& schema, std::vector<std::shared_ptr<const RowSource>> sources);

    std::uint64_t rows() const { return rows_; } // accepted rows, as the sources say
    const std::vector<Field>& fields() const { return fields_; }
    const std::vector<std::shared_ptr<const RowSource>>& sources() const { return sources_; }

    void set_failure(Error error);
    std::optional<Error> failure() const; // why a statement over the feed failed, if it was the feed

private:
    const std::vector<Field> fields_;
    const std::vector<std::shared_ptr<const RowSource>> sources_;
    std::uint64_t rows_ = 0;
    mutable std::mutex mutex_;
    std::optional<Error> failure_; // behind mutex_
};

// One pass over a feed, its sources one after the other. Thread-safe.
class FeedPass {
public:
    explicit FeedPass(const RowFeed& feed) : feed_(feed) {}
    Result<bool> next(RecordBatch& batch);

private:
    const RowFeed& feed_;
    std::mutex mutex_;
    std::size_t opened_ = 0;             // behind mutex_: sources opened so far
    std::shared_ptr<RowStream> current_; // behind mutex_; shared by the threads that are pulling from it
};

// The feeds that statements may name. Thread-safe.
class FeedRegistry {
public:
    // Makes inlet_rows known to the connection's instance; the registry must outlive it.
    Status install(Connection& connection, std::size_t threads);

    // Only statements on the connection may read the feed.
    std::int64_t add(std::shared_ptr<RowFeed> feed, const Connection& connection);
    void remove(std::int64_t id);
    std::shared_ptr<RowFeed> find(std::int64_t id, idx_t connection_id) const;
    std::size_t threads() const { return threads_; }

private:
    struct Entry {
        std::shared_ptr<RowFeed> feed; // shared with the scope that added it and the statement that reads it
        idx_t connection_id;
    };
    mutable std::mutex mutex_;
    std::map<std::int64_t, Entry> feeds_; // behind mutex_
    std::int64_t next_id_ = 1;            // behind mutex_
    std::size_t threads_ = 1;
};

// A feed while it is registered. Statements may read it any number of times.
class FeedScope {
public:
    FeedScope(FeedRegistry& registry, const Connection& connection, const Schema& schema,
              std::vector<std::shared_ptr<const RowSource>> sources);
    ~FeedScope() { registry_.remove(id_); }
    FeedScope(const FeedScope&) = delete;
    FeedScope& operator=(const FeedScope&) = delete;

    std::uint64_t rows() const { return feed_->rows(); }
    std::string sql() const { return "inlet_rows(" + std::to_string(id_) + ")"; }
    // The feed's own failure in the place of DuckDB's words for it.
    Error blame(Error error) const;

private:
    FeedRegistry& registry_;
    std::shared_ptr<RowFeed> feed_; // shared with the registry
    std::int64_t id_;
};

// A text in a vector that points to where it lies (or holds it, if it is short).
duckdb_string_t borrowed_text(TextRef text);

// The DuckDB type of a field: SQL text, and as a handle.
std::string sql_type(const Field& field);
LogicalType logical_type(const Field& field);

} // namespace inlet::duck
