// See result_batches.hpp.
#include "warehouse/duckdb/result_batches.hpp"

#include <cstring>
#include <limits>
#include <string_view>

namespace inlet::duck {

Delivery delivery_of(duckdb_logical_type type) {
    switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_BOOLEAN:
        return {ResultKind::boolean};
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
        return {ResultKind::int64};
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
        return {ResultKind::float64};
    case DUCKDB_TYPE_DATE:
        return {ResultKind::date};
    case DUCKDB_TYPE_TIME:
        return {ResultKind::time};
    case DUCKDB_TYPE_TIME_NS:
        return {ResultKind::time, "CAST({} AS TIME)"};
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
        return {ResultKind::timestamp}; // both count microseconds of UTC
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
        return {ResultKind::timestamp, "CAST({} AS TIMESTAMP)"};
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_DECIMAL:
    case DUCKDB_TYPE_BIGNUM:
        return {ResultKind::numeric, "CAST({} AS VARCHAR)"};
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_STRUCT:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_UNION:
        return {ResultKind::json, "to_json({})"};
    case DUCKDB_TYPE_VARCHAR: {
        char* alias = duckdb_logical_type_get_alias(type);
        const bool json = alias != nullptr && std::string_view(alias) == "JSON";
        duckdb_free(alias);
        return {json ? ResultKind::json : ResultKind::text};
    }
    default:
        return {ResultKind::text, "CAST({} AS VARCHAR)"};
    }
}

namespace {

template <class From, class To>
void widen(const void* from, std::size_t count, To* to) {
    const auto* values = static_cast<const From*>(from);
    for (std::size_t i = 0; i < count; i++) to[i] = static_cast<To>(values[i]);
}

void take_values(duckdb_type type, const void* data, std::size_t count, Column& column) {
    switch (type) {
    case DUCKDB_TYPE_TINYINT:
        return widen<std::int8_t>(data, count, column.values<std::int64_t>());
    case DUCKDB_TYPE_SMALLINT:
        return widen<std::int16_t>(data, count, column.values<std::int64_t>());
    case DUCKDB_TYPE_INTEGER:
        return widen<std::int32_t>(data, count, column.values<std::int64_t>());
    case DUCKDB_TYPE_UTINYINT:
        return widen<std::uint8_t>(data, count, column.values<std::int64_t>());
    case DUCKDB_TYPE_USMALLINT:
        return widen<std::uint16_t>(data, count, column.values<std::int64_t>());
    case DUCKDB_TYPE_UINTEGER:
        return widen<std::uint32_t>(data, count, column.values<std::int64_t>());
    case DUCKDB_TYPE_FLOAT:
        return widen<float>(data, count, column.values<double>());
    case DUCKDB_TYPE_VARCHAR: {
        auto* texts = static_cast<duckdb_string_t*>(const_cast<void*>(data));
        auto* to = column.values<TextRef>();
        for (std::size_t i = 0; i < count; i++) {
            to[i] = column.present.test(i) ? TextRef{duckdb_string_t_data(&texts[i]), duckdb_string_t_length(texts[i])}
                                           : TextRef{};
        }
        return;
    }
    default:
        std::memcpy(column.values<char>(), data, count * Column::width(column.type));
    }
}

void take_chunk(duckdb_data_chunk chunk, const std::vector<ResultColumn>& columns, std::uint64_t ordinal,
                RecordBatch& batch) {
    const std::size_t count = duckdb_data_chunk_get_size(chunk);
    batch.ordinal = ordinal;
    batch.rows = count;
    batch.columns.resize(columns.size());
    batch.rejected.assign(count, false);
    batch.rejected_count = 0;
    for (std::size_t c = 0; c < columns.size(); c++) {
        const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, c);
        Column& column = batch.columns[c];
        column.reset(physical_type(columns[c].kind), count);
        if (const std::uint64_t* validity = duckdb_vector_get_validity(vector); validity != nullptr && count != 0) {
            auto words = column.present.words();
            for (std::size_t w = 0; w < words.size(); w++)
                words[w] &= validity[w]; // keeps the bits beyond the end at 0
        }
        const LogicalType type(duckdb_vector_get_column_type(vector));
        take_values(duckdb_get_type_id(type.get()), duckdb_vector_get_data(vector), count, column);
    }
}

} // namespace

Status deliver(duckdb_prepared_statement statement, const std::vector<ResultColumn>& columns, FailureCode fallback,
               ResultSink& sink) {
    duckdb_pending_result pending = nullptr;
    struct Freed {
        duckdb_pending_result* pending;
        ~Freed() { duckdb_destroy_pending(pending); }
    } freed{&pending};
    if (duckdb_pending_prepared_streaming(statement, &pending) == DuckDBError) {
        return fail(to_error(DUCKDB_ERROR_INVALID, duckdb_pending_error(pending), fallback));
    }
    ResultHandle handle;
    if (duckdb_execute_pending(pending, &handle.result) == DuckDBError) {
        return fail(to_error(duckdb_result_error_type(&handle.result), duckdb_result_error(&handle.result), fallback));
    }
    TRY(sink.begin(columns));
    RecordBatch batch;
    for (std::uint64_t ordinal = 0;; ordinal++) {
        const Chunk chunk(duckdb_fetch_chunk(handle.result));
        if (chunk == nullptr) {
            // A stream that breaks off says so only here.
            if (const char* message = duckdb_result_error(&handle.result); message != nullptr && *message != '\0') {
                return fail(to_error(duckdb_result_error_type(&handle.result), message, fallback));
            }
            return {};
        }
        if (duckdb_data_chunk_get_size(chunk.get()) == 0) continue;
        take_chunk(chunk.get(), columns, ordinal, batch);
        TRY(sink.batch(batch));
    }
}

} // namespace inlet::duck
