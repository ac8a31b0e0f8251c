// A small table for a person: columns as wide as their widest cell, within the width there is. Floor 7; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/paint.hpp"

namespace inlet {

enum class Align : std::uint8_t { left, right };

struct TableColumn {
    std::string name;
    Align align = Align::left;
};

struct TableCell {
    std::string text;
    bool absent = false; // no value: shown as NULL, unlike any text

    TableCell(std::string value) : text(std::move(value)) {}
    TableCell(const char* value) : text(value) {}
    TableCell(std::string_view value) : text(value) {}
    TableCell(const std::optional<std::string>& value) : text(value.value_or("")), absent(!value) {}
};

// A cell as shown: control characters made visible; text that reads like an absent value, or is empty, in quotes if
// `data` is set.
std::string shown_cell(const TableCell& cell, bool data);

class TextTable {
public:
    // `data`: cells hold values of a database, where NULL, an empty text and the text NULL must look different.
    explicit TextTable(std::vector<TableColumn> columns, bool data = false)
        : columns_(std::move(columns)), data_(data) {}
    void add(std::vector<TableCell> row); // one cell per column
    std::size_t rows() const { return rows_.size(); }

    // The widths that the rows added so far need; if they are together wider than `width_max` (0: no bound) the widest
    // give way.
    std::vector<std::size_t> widths(std::size_t width_max) const;
    std::string head(const std::vector<std::size_t>& widths, Paint paint) const;
    // The rows added since the last call, which are then forgotten.
    std::string take_rows(const std::vector<std::size_t>& widths, Paint paint);

    // Head and rows, one below the other.
    std::string render(std::size_t width_max, Paint paint);

private:
    struct Shown {
        std::string text;
        bool absent;
    };
    std::string line(const std::vector<Shown>& row, const std::vector<std::size_t>& widths, Paint paint) const;

    std::vector<TableColumn> columns_;
    bool data_;
    std::vector<std::vector<Shown>> rows_;
};

} // namespace inlet
