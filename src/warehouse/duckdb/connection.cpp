// See connection.hpp.
#include "warehouse/duckdb/connection.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace inlet::duck {

namespace {

constexpr std::string_view kFatalMark = "has been invalidated";

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string_view text_of(const duckdb_string_t& text) {
    return {duckdb_string_t_data(const_cast<duckdb_string_t*>(&text)), duckdb_string_t_length(text)};
}

Cell cell_of(duckdb_type type, const void* data, idx_t row) {
    Cell cell;
    cell.null = false;
    switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
        cell.number = static_cast<const bool*>(data)[row];
        break;
    case DUCKDB_TYPE_INTEGER:
        cell.number = static_cast<const std::int32_t*>(data)[row];
        break;
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UBIGINT:
        cell.number = static_cast<const std::int64_t*>(data)[row];
        break;
    case DUCKDB_TYPE_VARCHAR:
        cell.text = text_of(static_cast<const duckdb_string_t*>(data)[row]);
        break;
    default:
        CHECK(!"a column of an own query is cast to an integer, a boolean or a text");
    }
    return cell;
}

} // namespace

Error to_error(duckdb_error_type type, std::string message, FailureCode fallback) {
    if (contains(message, "No space left on device") || contains(message, "max_temp_directory_size") ||
        contains(message, "Disk quota exceeded")) {
        return Error(FailureCode::disk_full, "the disk is full: " + message);
    }
    if (contains(message, "Could not set lock on file") || contains(message, "Conflicting lock is held")) {
        return Error(FailureCode::project_locked, "another process has the warehouse open: " + message);
    }
    if (type == DUCKDB_ERROR_OUT_OF_MEMORY || contains(message, "Out of Memory Error")) {
        return Error(FailureCode::out_of_memory_limit, "the warehouse ran out of the memory it may use: " + message);
    }
    if (type == DUCKDB_ERROR_FATAL || type == DUCKDB_ERROR_INTERNAL || type == DUCKDB_ERROR_IO ||
        type == DUCKDB_ERROR_TRANSACTION) {
        return Error(FailureCode::warehouse_failed, std::move(message));
    }
    return Error(fallback, std::move(message));
}

bool is_fatal(const Error& error) {
    return contains(error.message, kFatalMark) || contains(error.message, "FATAL Error");
}

Result<std::shared_ptr<Instance>> Instance::open(const InstanceOptions& options) {
    duckdb_config config = nullptr;
    if (duckdb_create_config(&config) == DuckDBError)
        return fail(FailureCode::warehouse_failed, "DuckDB could not make a configuration");
    struct Freed {
        duckdb_config* config;
        ~Freed() { duckdb_destroy_config(config); }
    } freed{&config};

    // temp_directory goes before enable_external_access: it cannot be set afterwards.
    std::vector<std::pair<const char*, std::string>> settings{
        {"threads", std::to_string(options.threads)},
        {"memory_limit", fmt::format("{}KiB", options.memory_bytes_max / 1024)},
        {"preserve_insertion_order", "false"}, // lets inserts run in parallel
        {"autoload_known_extensions", "false"},
        {"autoinstall_known_extensions", "false"},
        {"access_mode", options.read_only ? "read_only" : "automatic"},
    };
    if (!options.temp_folder.empty()) settings.emplace_back("temp_directory", options.temp_folder);
    if (!options.files) {
        settings.emplace_back("enable_external_access", "false");
        settings.emplace_back("lock_configuration", "true");
    }
    for (const auto& [name, value] : settings) {
        if (duckdb_set_config(config, name, value.c_str()) == DuckDBError) {
            return fail(FailureCode::warehouse_failed, fmt::format("DuckDB refused the setting {} = {}", name, value));
        }
    }
    duckdb_database database = nullptr;
    char* message = nullptr;
    if (duckdb_open_ext(options.path.empty() ? nullptr : options.path.c_str(), &database, config, &message) ==
        DuckDBError) {
        std::string text = message != nullptr ? message : "DuckDB could not open the file";
        duckdb_free(message);
        return fail(to_error(DUCKDB_ERROR_INVALID, std::move(text)).with("path", options.path));
    }
    return std::shared_ptr<Instance>(new Instance(database));
}

Instance::~Instance() { duckdb_close(&database_); }

Result<std::unique_ptr<Connection>> Connection::open(std::shared_ptr<Instance> instance) {
    duckdb_connection connection = nullptr;
    if (duckdb_connect(instance->handle(), &connection) == DuckDBError) {
        return fail(FailureCode::warehouse_failed, "DuckDB could not make a connection");
    }
    return std::unique_ptr<Connection>(new Connection(std::move(instance), connection));
}

Connection::~Connection() { duckdb_disconnect(&connection_); }

Status Connection::run(const std::string& sql) {
    TRY(changed(sql));
    return {};
}

Result<std::int64_t> Connection::changed(const std::string& sql) {
    ResultHandle handle;
    if (duckdb_query(connection_, sql.c_str(), &handle.result) == DuckDBError) {
        return fail(to_error(duckdb_result_error_type(&handle.result), duckdb_result_error(&handle.result)));
    }
    return static_cast<std::int64_t>(duckdb_rows_changed(&handle.result));
}

Result<Rows> Connection::rows(const std::string& sql) {
    ResultHandle handle;
    if (duckdb_query(connection_, sql.c_str(), &handle.result) == DuckDBError) {
        return fail(to_error(duckdb_result_error_type(&handle.result), duckdb_result_error(&handle.result)));
    }
    Rows rows;
    const idx_t columns = duckdb_column_count(&handle.result);
    while (const Chunk chunk{duckdb_fetch_chunk(handle.result)}) {
        const idx_t size = duckdb_data_chunk_get_size(chunk.get());
        const std::size_t base = rows.size();
        rows.resize(base + size, std::vector<Cell>(columns));
        for (idx_t c = 0; c < columns; c++) {
            const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk.get(), c);
            const std::uint64_t* validity = duckdb_vector_get_validity(vector);
            const void* data = duckdb_vector_get_data(vector);
            const duckdb_type type = duckdb_column_type(&handle.result, c);
            for (idx_t r = 0; r < size; r++) {
                if (validity == nullptr || duckdb_validity_row_is_valid(const_cast<std::uint64_t*>(validity), r)) {
                    rows[base + r][c] = cell_of(type, data, r);
                }
            }
        }
    }
    return rows;
}

Result<std::int64_t> Connection::number(const std::string& sql) {
    const Rows answer = TRY(rows(sql));
    CHECK(answer.size() == 1 && answer[0].size() == 1);
    return answer[0][0].number;
}

Status Connection::drop_temporary_tables() {
    for (const auto& row : TRY(rows("SELECT table_name FROM duckdb_tables() WHERE temporary")))
        TRY(run("DROP TABLE temp.main." + row[0].text));
    return {};
}

Result<Transaction> Transaction::begin(Connection& connection, bool read_only) {
    TRY(connection.run(read_only ? "BEGIN TRANSACTION READ ONLY" : "BEGIN TRANSACTION"));
    return Transaction(connection);
}

Transaction::~Transaction() {
    // A rollback that fails leaves the connection unusable; the next statement on it says so.
    if (connection_ != nullptr) (void)connection_->run("ROLLBACK");
}

Status Transaction::commit() {
    Connection* connection = std::exchange(connection_, nullptr);
    auto done = connection->run("COMMIT");
    if (!done) (void)connection->run("ROLLBACK"); // DuckDB ends the transaction itself in most cases
    return done;
}

} // namespace inlet::duck
