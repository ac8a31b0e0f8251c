// DuckDB's C API with owners and Results: an instance, a connection, a result. Nothing above this file frees a handle
// or reads an error text. An Instance may be shared by threads; a Connection belongs to one thread at a time.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace inlet::duck {

// DuckDB's failure in our words. `fallback` is the code for what is neither memory, disk nor a lock.
Error to_error(duckdb_error_type type, std::string message, FailureCode fallback = FailureCode::warehouse_failed);

// Whether DuckDB said that the instance can no longer be used and has to be opened anew.
bool is_fatal(const Error& error);

struct InstanceOptions {
    std::string path; // empty: in memory
    std::size_t memory_bytes_max = 0;
    std::size_t threads = 1;
    std::string temp_folder;
    bool read_only = false;
    bool files = false; // whether SQL may read and write files
};

class Instance {
public:
    static Result<std::shared_ptr<Instance>> open(const InstanceOptions& options);
    ~Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    duckdb_database handle() const { return database_; }

private:
    explicit Instance(duckdb_database database) : database_(database) {}
    duckdb_database database_;
};

struct Cell {
    bool null = true;
    std::int64_t number = 0; // of a boolean or an integer
    std::string text;        // of a text
};

// A small result, wholly in memory.
using Rows = std::vector<std::vector<Cell>>;

class Connection {
public:
    // Keeps the instance alive.
    static Result<std::unique_ptr<Connection>> open(std::shared_ptr<Instance> instance);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    duckdb_connection handle() const { return connection_; }

    Status run(const std::string& sql);
    Result<std::int64_t> changed(const std::string& sql); // rows that an INSERT, UPDATE or DELETE changed
    Result<Rows> rows(const std::string& sql);            // columns are integers, booleans and texts
    Result<std::int64_t> number(const std::string& sql);  // one row, one column; no value counts as 0
    Status drop_temporary_tables();                       // all of this connection

private:
    Connection(std::shared_ptr<Instance> instance, duckdb_connection connection)
        : instance_(std::move(instance)), connection_(connection) {}
    std::shared_ptr<Instance>
        instance_; // shared with the warehouse and its other connections: the last one closes the file
    duckdb_connection connection_;
};

// A transaction that rolls back unless committed.
class Transaction {
public:
    static Result<Transaction> begin(Connection& connection, bool read_only = false);
    Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    Status commit();

private:
    explicit Transaction(Connection& connection) : connection_(&connection) {}
    Connection* connection_; // null: ended
};

// Owners of the C API's handles.
struct PreparedDeleter {
    void operator()(_duckdb_prepared_statement* statement) const { duckdb_destroy_prepare(&statement); }
};
using Prepared = std::unique_ptr<_duckdb_prepared_statement, PreparedDeleter>;
struct ChunkDeleter {
    void operator()(_duckdb_data_chunk* chunk) const { duckdb_destroy_data_chunk(&chunk); }
};
using Chunk = std::unique_ptr<_duckdb_data_chunk, ChunkDeleter>;
struct LogicalTypeDeleter {
    void operator()(_duckdb_logical_type* type) const { duckdb_destroy_logical_type(&type); }
};
using LogicalType = std::unique_ptr<_duckdb_logical_type, LogicalTypeDeleter>;

class ResultHandle {
public:
    ResultHandle() = default;
    ~ResultHandle() { duckdb_destroy_result(&result); }
    ResultHandle(const ResultHandle&) = delete;
    ResultHandle& operator=(const ResultHandle&) = delete;
    duckdb_result result{};
};

} // namespace inlet::duck
