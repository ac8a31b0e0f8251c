// See cells.hpp.
#include "warehouse/memory/cells.hpp"

#include "records/scalars.hpp"

namespace inlet::memory {

namespace {

constexpr std::size_t kBatchRows = 1024;

void write_cell(const Cell& cell, Column& column, std::size_t record, TextArena& arena) {
    if (std::holds_alternative<std::monostate>(cell)) {
        column.present.reset(record);
        return;
    }
    switch (column.type) {
    case PhysicalType::boolean:
        column.values<std::uint8_t>()[record] = std::get<bool>(cell) ? 1 : 0;
        break;
    case PhysicalType::float64:
        column.values<double>()[record] = std::get<double>(cell);
        break;
    case PhysicalType::date:
        column.values<std::int32_t>()[record] = static_cast<std::int32_t>(std::get<std::int64_t>(cell));
        break;
    case PhysicalType::int64:
    case PhysicalType::time:
    case PhysicalType::timestamp:
        column.values<std::int64_t>()[record] = std::get<std::int64_t>(cell);
        break;
    case PhysicalType::text:
        column.values<TextRef>()[record] = arena.store(std::get<std::string>(cell));
        break;
    }
}

} // namespace

ResultKind kind_of(const Field& field) {
    if (field.type == FieldType::object || field.type == FieldType::array) return ResultKind::json;
    switch (physical_type(field)) {
    case PhysicalType::boolean:
        return ResultKind::boolean;
    case PhysicalType::int64:
        return ResultKind::int64;
    case PhysicalType::float64:
        return ResultKind::float64;
    case PhysicalType::date:
        return ResultKind::date;
    case PhysicalType::time:
        return ResultKind::time;
    case PhysicalType::timestamp:
        return ResultKind::timestamp;
    case PhysicalType::text:
        return ResultKind::text;
    }
    CHECK(!"every physical type has a kind");
}

Cells read_cells(const RecordBatch& batch, std::size_t record, const std::vector<std::size_t>& columns) {
    Cells cells;
    for (const std::size_t at : columns) {
        CHECK(at < batch.columns.size());
        const Column& column = batch.columns[at];
        if (!column.present.test(record)) {
            cells.emplace_back();
            continue;
        }
        switch (column.type) {
        case PhysicalType::boolean:
            cells.emplace_back(column.values<std::uint8_t>()[record] != 0);
            break;
        case PhysicalType::float64:
            cells.emplace_back(column.values<double>()[record] + 0.0); // -0 becomes 0
            break;
        case PhysicalType::date:
            cells.emplace_back(std::int64_t{column.values<std::int32_t>()[record]});
            break;
        case PhysicalType::int64:
        case PhysicalType::time:
        case PhysicalType::timestamp:
            cells.emplace_back(column.values<std::int64_t>()[record]);
            break;
        case PhysicalType::text:
            cells.emplace_back(std::string(column.values<TextRef>()[record].view()));
            break;
        }
    }
    return cells;
}

std::optional<std::string> cell_text(const Cell& cell, ResultKind kind) {
    if (std::holds_alternative<std::monostate>(cell)) return std::nullopt;
    switch (kind) {
    case ResultKind::boolean:
        return std::get<bool>(cell) ? "true" : "false";
    case ResultKind::int64:
        return std::to_string(std::get<std::int64_t>(cell));
    case ResultKind::float64:
        return format_number(std::get<double>(cell));
    case ResultKind::date:
        return format_date(static_cast<std::int32_t>(std::get<std::int64_t>(cell)));
    case ResultKind::time:
        return format_time(std::get<std::int64_t>(cell));
    case ResultKind::timestamp:
        return format_datetime(std::get<std::int64_t>(cell));
    case ResultKind::text:
    case ResultKind::json:
    case ResultKind::numeric:
        return std::get<std::string>(cell);
    }
    CHECK(!"every kind has a text");
}

Status send(const std::vector<ResultColumn>& columns, const std::vector<Cells>& rows, ResultSink& sink) {
    TRY(sink.begin(columns));
    for (std::size_t from = 0; from < rows.size(); from += kBatchRows) {
        RecordBatch batch;
        batch.ordinal = from / kBatchRows;
        batch.rows = std::min(kBatchRows, rows.size() - from);
        batch.rejected.assign(batch.rows, false);
        batch.columns.resize(columns.size());
        for (std::size_t c = 0; c < columns.size(); ++c) {
            batch.columns[c].reset(physical_type(columns[c].kind), batch.rows);
            for (std::size_t i = 0; i < batch.rows; ++i) {
                write_cell(rows[from + i][c], batch.columns[c], i, batch.arena);
            }
        }
        TRY(sink.batch(batch));
    }
    return {};
}

} // namespace inlet::memory
