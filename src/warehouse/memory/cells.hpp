// Values and rows as the memory warehouse holds them, and the way between them, batches and text. One small variant for
// every type, so that equality and order are the language's own. Floor 3, values; safe on any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "contract/field.hpp"
#include "records/record_batch.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::memory {

// Nothing, a boolean, a whole number (also days and microseconds), a number, or text. -0 and 0 are equal, as numbers
// are.
using Cell = std::variant<std::monostate, bool, std::int64_t, double, std::string>;
using Cells = std::vector<Cell>;
using SharedCells = std::shared_ptr<const Cells>; // shared by the copies of a state: a row's values never change

ResultKind kind_of(const Field& field);

// The values of one record at the given columns of its batch; -0 becomes 0.
Cells read_cells(const RecordBatch& batch, std::size_t record, const std::vector<std::size_t>& columns);

// As in ChangedRow: nothing for no value.
std::optional<std::string> cell_text(const Cell& cell, ResultKind kind);

// Hands the rows to the sink, whose cells stand in the order of the columns.
Status send(const std::vector<ResultColumn>& columns, const std::vector<Cells>& rows, ResultSink& sink);

} // namespace inlet::memory
