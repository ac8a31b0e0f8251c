// See parquet_file.hpp.
#include "warehouse/duckdb/parquet_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "warehouse/duckdb/names.hpp"

namespace inlet::duck {

namespace {

// The streaming result of the source's statement, as a table function of the second instance.
struct Stream {
    Prepared statement;
    ResultHandle handle;
    Chunk chunk; // lent to the writer until it asks for the next one
    std::optional<Error> failure;
};

void bind_result(duckdb_bind_info info) {
    auto& stream = *static_cast<Stream*>(duckdb_bind_get_extra_info(info));
    for (idx_t i = 0; i < duckdb_column_count(&stream.handle.result); i++) {
        const LogicalType type(duckdb_column_logical_type(&stream.handle.result, i));
        duckdb_bind_add_result_column(info, duckdb_column_name(&stream.handle.result, i), type.get());
    }
}

void init_result(duckdb_init_info info) { duckdb_init_set_max_threads(info, 1); }

void next_chunk(duckdb_function_info info, duckdb_data_chunk out) {
    auto& stream = *static_cast<Stream*>(duckdb_function_get_extra_info(info));
    stream.chunk.reset(duckdb_fetch_chunk(stream.handle.result));
    if (stream.chunk == nullptr) {
        if (const char* message = duckdb_result_error(&stream.handle.result); message != nullptr && *message != '\0') {
            stream.failure =
                to_error(duckdb_result_error_type(&stream.handle.result), message, FailureCode::query_invalid);
            duckdb_function_set_error(info, message);
        }
        duckdb_data_chunk_set_size(out, 0);
        return;
    }
    for (idx_t i = 0; i < duckdb_data_chunk_get_column_count(out); i++) {
        duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(out, i),
                                       duckdb_data_chunk_get_vector(stream.chunk.get(), i));
    }
    duckdb_data_chunk_set_size(out, duckdb_data_chunk_get_size(stream.chunk.get()));
}

Status start(Connection& source, const std::string& sql, Stream& stream) {
    duckdb_prepared_statement statement = nullptr;
    const duckdb_state prepared = duckdb_prepare(source.handle(), sql.c_str(), &statement);
    stream.statement.reset(statement);
    if (prepared == DuckDBError)
        return fail(to_error(DUCKDB_ERROR_INVALID, duckdb_prepare_error(statement), FailureCode::query_invalid));
    duckdb_pending_result pending = nullptr;
    if (duckdb_pending_prepared_streaming(statement, &pending) == DuckDBError) {
        Error error = to_error(DUCKDB_ERROR_INVALID, duckdb_pending_error(pending), FailureCode::query_invalid);
        duckdb_destroy_pending(&pending);
        return fail(std::move(error));
    }
    const duckdb_state executed = duckdb_execute_pending(pending, &stream.handle.result);
    duckdb_destroy_pending(&pending);
    if (executed == DuckDBError) {
        return fail(to_error(duckdb_result_error_type(&stream.handle.result),
                             duckdb_result_error(&stream.handle.result), FailureCode::query_invalid));
    }
    return {};
}

Status offer(Connection& writer, Stream& stream) {
    duckdb_table_function function = duckdb_create_table_function();
    duckdb_table_function_set_name(function, "inlet_result");
    duckdb_table_function_set_extra_info(function, &stream, nullptr);
    duckdb_table_function_set_bind(function, bind_result);
    duckdb_table_function_set_init(function, init_result);
    duckdb_table_function_set_function(function, next_chunk);
    const bool failed = duckdb_register_table_function(writer.handle(), function) == DuckDBError;
    duckdb_destroy_table_function(&function);
    if (failed) return fail(FailureCode::warehouse_failed, "DuckDB refused the table function inlet_result");
    return {};
}

} // namespace

Status write_parquet(Connection& source, const std::string& sql, const std::string& path,
                     std::size_t memory_bytes_max) {
    Stream stream;
    TRY(start(source, sql, stream));
    InstanceOptions options;
    options.memory_bytes_max = memory_bytes_max;
    options.threads = 1; // keeps the rows' order; the source runs on threads of its own
    options.files = true;
    auto instance = TRY(Instance::open(options));
    auto writer = TRY(Connection::open(std::move(instance)));
    TRY(offer(*writer, stream));

    const std::string partial = path + ".partial";
    std::error_code failed;
    auto written = writer->run(fmt::format(
        "COPY (SELECT * FROM inlet_result()) TO {} (FORMAT PARQUET, COMPRESSION ZSTD)", quote_text(partial)));
    if (written) {
        std::filesystem::rename(partial, path, failed);
        if (!failed) return {};
        written = fail(FailureCode::io_failed, fmt::format("{} cannot be written: {}", path, failed.message()));
    } else if (written.error().code == FailureCode::warehouse_failed) {
        written.error().code = FailureCode::io_failed;
    }
    std::filesystem::remove(partial, failed);
    if (stream.failure) return fail(*std::move(stream.failure));
    return written;
}

} // namespace inlet::duck
