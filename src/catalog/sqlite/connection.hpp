// One connection to an SQLite database, in Inlet's terms: errors as values, statements prepared once and kept,
// transactions. Floor 3, for the SQLite catalog alone. A connection belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/result.hpp"
#include "catalog/audit.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace inlet::sqlite {

// A prepared statement in use: bind, step, read. Returned to its connection, which must outlive it, at the end of its
// life.
class Query {
public:
    explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
    ~Query();
    Query(Query&& other) noexcept : statement_(other.statement_), bound_(other.bound_) { other.statement_ = nullptr; }
    Query& operator=(Query&&) = delete;
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    // Parameters in the order of their numbers. Text is borrowed until the end of the Query.
    template <class... Values>
    Status bind(const Values&... values) {
        Status status;
        (void)((status = bind_one(values)).has_value() && ...);
        return status;
    }

    Result<bool> step(); // whether there is a row
    Status run();        // of a statement that has no rows
    std::int64_t integer(int column) const;
    std::string text(int column) const; // NULL: empty
    bool is_null(int column) const;

private:
    Status bind_one(std::int64_t value);
    Status bind_one(std::string_view value);
    Status bind_one(std::nullptr_t);

    sqlite3_stmt* statement_;
    int bound_ = 0;
};

class Connection {
public:
    // Makes the file if it is not there, not its folder. Waits up to 10 s for a lock that another process holds.
    static Result<std::unique_ptr<Connection>> open(const std::string& path);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Status execute(const std::string& sql);               // any number of statements, rows dropped
    Result<std::int64_t> integer(const std::string& sql); // the first column of the first row
    // The statement, prepared at its first use. Only one Query of a text at a time.
    Result<Query> query(std::string_view sql);

    std::int64_t last_insert_id() const;
    // One state of the database as a new file, synced.
    Status copy_to(const std::string& path);

    Status begin_reading();
    Status begin_writing(); // takes the one write lock
    Status commit();
    void rollback(); // nothing if no transaction is open
    // Where the audit log ends in the open transaction that writes; nothing: it was not looked at yet. See
    // audit_rows.hpp.
    std::optional<AuditHead>& audit_head() { return audit_head_; }
    bool was_busy() const; // whether the last call failed because others hold the file

private:
    explicit Connection(sqlite3* database) : database_(database) {}

    sqlite3* database_;
    std::optional<AuditHead> audit_head_;
    std::unordered_map<std::string, sqlite3_stmt*> statements_; // owned
    // The address at which a text was last asked for, the text, its statement.
    std::unordered_map<const char*, std::pair<std::string_view, sqlite3_stmt*>> by_address_;
};

} // namespace inlet::sqlite
