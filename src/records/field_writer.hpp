// The inverse of field_reader.hpp: writes the values of one field as cells, in the contract's own notation (its missing
// values, patterns, truth values, decimal mark). Every cell is read back on the spot, so that a file written here holds
// what was stored or is not written at all. Floor 2. Immutable after make(): shared by all threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "records/field_reader.hpp"
#include "records/scalars.hpp"

namespace inlet {

class FieldWriter {
public:
    // Constraints are not looked at: they judge new records, not those that are stored. Errors: schema-error.
    static Result<FieldWriter> make(const Field& field, const std::vector<std::string>& missing_values);

    // A cell for each of the column's first `rows` values; the text lives in `arena`. Errors: value-unwritable.
    Status write(const Column& column, std::size_t rows, std::vector<TextRef>& cells, TextArena& arena) const;

private:
    FieldWriter(Field field, std::vector<std::string> missing_values, std::unique_ptr<FieldReader> reader)
        : field_(std::move(field)), missing_values_(std::move(missing_values)), reader_(std::move(reader)) {}

    // The n-th way to write the value; nothing if there are not so many.
    std::optional<std::string> text(const Column& column, std::size_t row, std::size_t nth) const;
    std::string temporal_text(const Column& column, std::size_t row) const;
    std::string shown(const Column& column, std::size_t row) const;

    Field field_;
    std::vector<std::string> missing_values_; // the empty text first
    std::unique_ptr<FieldReader> reader_;
    std::optional<TemporalPattern> pattern_;
};

} // namespace inlet
