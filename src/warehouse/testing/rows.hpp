// Small things to write tests of warehouses with: datasets, rows and results as short text. Floor 3, testing only.
//
// Rows are written `1|anna|2.5; 2|bert|~`: `;` ends a row, `|` a cell, `~` is no value, and spaces around a row do not
// count. A row `!` is a record that broke the contract. Cells are written as inlet writes them: true, 12, 2.5,
// 2024-02-29, 12:30:00, 2024-02-29T12:30:00.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contract/project.hpp"
#include "records/record_batch.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

using TextCells = std::vector<std::optional<std::string>>; // one row; no cells at all: a rejected record

std::vector<TextCells> parse_rows(std::string_view text);
std::string to_string(const TextCells& cells);

// Fields written `id:integer key, email:string unique, note:string required`.
Dataset make_dataset(const std::string& name, std::string_view fields);

struct RowLayout {
    std::size_t batch_rows = 2;      // small, so that most parts have several batches
    std::uint64_t first_ordinal = 0; // of the first batch
    bool reversed = false;           // the last batch is handed out first
};

// The rows as a source; it can be read any number of times and from many threads.
std::shared_ptr<const RowSource> make_rows(const Schema& schema, std::vector<TextCells> rows, RowLayout layout = {});
std::shared_ptr<const RowSource> make_rows(const Schema& schema, std::string_view rows, RowLayout layout = {});

// Keys for Warehouse::find: a cell for each key field.
RecordBatch make_keys(const Schema& schema, std::string_view keys);

// Keeps a result as text.
class RowCollector final : public ResultSink {
public:
    Status begin(const std::vector<ResultColumn>& columns) override;
    Status batch(const RecordBatch& rows) override;

    bool begun() const { return begun_; }
    const std::vector<ResultColumn>& columns() const { return columns_; }
    const std::vector<TextCells>& rows() const { return rows_; } // as they came
    std::vector<std::string> sorted() const;                     // `1|anna|2.5`, in the order of the text
    // The same without the last `columns` columns.
    std::vector<std::string> sorted_without_last(std::size_t columns) const;

private:
    bool begun_ = false;
    std::vector<ResultColumn> columns_;
    std::vector<TextCells> rows_;
};

} // namespace inlet
