// The only file that calls SQLite.
#include "catalog/sqlite/connection.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <sqlite3.h>

#include <cerrno>

#include <fmt/format.h>

namespace inlet::sqlite {

namespace {

constexpr int kBusyMilliseconds = 10'000;

std::unexpected<Error> failed(sqlite3* database, std::string_view doing) {
    const int code = sqlite3_extended_errcode(database);
    const int system = sqlite3_system_errno(database);
    const bool no_room = (code & 0xff) == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT);
    const bool full = (code & 0xff) == SQLITE_FULL || no_room;
    const char* path = sqlite3_db_filename(database, "main");
    Error error(full ? FailureCode::disk_full : FailureCode::catalog_failed,
                fmt::format("cannot {} the catalog: {} (SQLite {})", doing, sqlite3_errmsg(database), code));
    return fail(std::move(error).with("file", path == nullptr ? "" : path));
}

std::unexpected<Error> failed(sqlite3_stmt* statement, std::string_view doing) {
    return failed(sqlite3_db_handle(statement), doing);
}

// Once for the process, before its first connection. No connection is used by two threads at once, and nobody reads
// SQLite's own memory statistics, for which every allocation would take a lock. Fails where the process has used SQLite
// before; then it is only slower.
void configure_library() {
    static const bool done = [] {
        return sqlite3_config(SQLITE_CONFIG_MULTITHREAD) == SQLITE_OK &&
               sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;
    }();
    (void)done;
}

std::string_view doing(sqlite3_stmt* statement) { return sqlite3_stmt_readonly(statement) != 0 ? "read" : "write"; }

} // namespace

Query::~Query() {
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_); // its error, if any, was told by step()
    sqlite3_clear_bindings(statement_);
}

Status Query::bind_one(std::int64_t value) {
    if (sqlite3_bind_int64(statement_, ++bound_, value) != SQLITE_OK) return failed(statement_, "ask");
    return {};
}

Status Query::bind_one(std::string_view value) {
    // A null pointer would mean NULL.
    const char* text = value.data() == nullptr ? "" : value.data();
    if (sqlite3_bind_text64(statement_, ++bound_, text, value.size(), SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK)
        return failed(statement_, "ask");
    return {};
}

Status Query::bind_one(std::nullptr_t) {
    if (sqlite3_bind_null(statement_, ++bound_) != SQLITE_OK) return failed(statement_, "ask");
    return {};
}

Result<bool> Query::step() {
    switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
        return true;
    case SQLITE_DONE:
        return false;
    default:
        return failed(statement_, doing(statement_));
    }
}

Status Query::run() {
    CHECK(!TRY(step()));
    return {};
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Query::text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return text == nullptr ? std::string()
                           : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

bool Query::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path) {
    configure_library();
    sqlite3* database = nullptr;
    // Threads are kept apart by the catalog, so SQLite need not.
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path.c_str(), &database, kFlags, nullptr);
    if (database == nullptr) return fail(FailureCode::catalog_failed, "no memory to open the catalog");
    std::unique_ptr<Connection> connection(new Connection(database));
    if (code != SQLITE_OK) {
        return fail(FailureCode::catalog_failed,
                    fmt::format("cannot open the catalog {}: {}", path, sqlite3_errmsg(database)));
    }
    sqlite3_busy_timeout(database, kBusyMilliseconds);
    return connection;
}

Connection::~Connection() {
    for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    CHECK(sqlite3_close(database_) == SQLITE_OK);
}

Status Connection::execute(const std::string& sql) {
    if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        return failed(database_, "set up");
    return {};
}

Result<std::int64_t> Connection::integer(const std::string& sql) {
    Query query = TRY(this->query(sql));
    CHECK(TRY(query.step()));
    return query.integer(0);
}

Result<Query> Connection::query(std::string_view sql) {
    // Nearly all texts are literals, so that their address finds them without a hash over hundreds of characters.
    if (const auto known = by_address_.find(sql.data()); known != by_address_.end() && known->second.first == sql) {
        CHECK(sqlite3_stmt_busy(known->second.second) == 0);
        return Query(known->second.second);
    }
    std::string text(sql);
    if (const auto known = statements_.find(text); known != statements_.end()) {
        CHECK(sqlite3_stmt_busy(known->second) == 0);
        return Query(known->second);
    }
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(database_, text.c_str(), static_cast<int>(text.size()) + 1, SQLITE_PREPARE_PERSISTENT,
                           &statement, nullptr) != SQLITE_OK) {
        return failed(database_, "ask");
    }
    const auto known = statements_.emplace(std::move(text), statement).first;
    by_address_.insert_or_assign(sql.data(), std::pair(std::string_view(known->first), statement));
    return Query(statement);
}

std::int64_t Connection::last_insert_id() const { return sqlite3_last_insert_rowid(database_); }

Status Connection::begin_reading() {
    Query query = TRY(this->query("BEGIN"));
    return query.run();
}

Status Connection::begin_writing() {
    audit_head_.reset(); // others may have written since
    Query query = TRY(this->query("BEGIN IMMEDIATE"));
    return query.run();
}

Status Connection::commit() {
    Query query = TRY(this->query("COMMIT"));
    return query.run();
}

Status Connection::copy_to(const std::string& path) {
    {
        Query copy = TRY(this->query("VACUUM INTO ?"));
        TRY(copy.bind(std::string_view(path)));
        TRY(copy.run());
    }
    // SQLite leaves that to its caller (https://www.sqlite.org/lang_vacuum.html).
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = file >= 0 && ::fsync(file) == 0;
    if (file >= 0) ::close(file);
    if (!synced) return fail(FailureCode::io_failed, fmt::format("cannot sync {}", path));
    return {};
}

bool Connection::was_busy() const { return (sqlite3_extended_errcode(database_) & 0xff) == SQLITE_BUSY; }

void Connection::rollback() {
    audit_head_.reset();
    // Some failures have rolled back already. A rollback itself cannot fail in a way that leaves the transaction open.
    if (sqlite3_get_autocommit(database_) == 0) (void)sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
}

} // namespace inlet::sqlite
