// Results of queries and exports as bytes: CSV, JSON, NDJSON, or a table for a person. Floor 7; a writer belongs to one
// thread.
//
//   boolean   true, false                      json      CSV and table: the text; JSON: nested
//   int64     digits                           numeric   its digits; JSON: a number
//   float64   the shortest that reads back,    date      2020-02-29
//             NaN, INF, -INF (JSON: null)      time      12:30:00[.5]
//   text      as it is                         timestamp 2020-02-29T12:30:00[.5]
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/paint.hpp"
#include "records/byte_source.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

// Formats that are written here; Parquet is the warehouse's.
enum class ResultFormat : std::uint8_t { table, csv, json, ndjson };

class ResultWriter : public ResultSink {
public:
    // After the last batch. The result is whole then.
    virtual Status end() = 0;
    std::uint64_t rows() const { return rows_; }

protected:
    std::uint64_t rows_ = 0;
};

struct TableBounds {
    std::size_t width_max = 0; // columns; 0: no bound
    std::size_t rows_max = 0;  // rows shown, the rest is counted; 0: all
};

// RFC 4180, with a header. No value is an empty cell, an empty text is "".
std::unique_ptr<ResultWriter> make_csv_writer(ByteSink& out);
// One array of objects; or an object a line.
std::unique_ptr<ResultWriter> make_json_writer(ByteSink& out);
std::unique_ptr<ResultWriter> make_ndjson_writer(ByteSink& out);
// Column widths follow from the first thousand rows.
std::unique_ptr<ResultWriter> make_table_writer(ByteSink& out, TableBounds bounds, Paint paint);

// Whether text is a number as JSON writes it.
bool is_json_number(std::string_view text);

// A value as text, as CSV and tables show it; nothing for no value.
std::optional<std::string> value_text(const Column& column, ResultKind kind, std::size_t row);

} // namespace inlet
