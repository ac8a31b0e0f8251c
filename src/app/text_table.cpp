// Tables with two spaces between columns and a rule below the head: nothing to draw, easy to read and to copy.
#include "app/text_table.hpp"

#include <algorithm>
#include <numeric>

#include "app/display_text.hpp"
#include "base/result.hpp"

namespace inlet {

namespace {

constexpr std::size_t kNarrowest = 8; // a column that gives way keeps this many
constexpr std::size_t kGap = 2;

std::string trimmed(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

} // namespace

std::string shown_cell(const TableCell& cell, bool data) {
    if (cell.absent) return "NULL";
    if (data && (cell.text.empty() || cell.text == "NULL")) return "\"" + cell.text + "\"";
    return printable(cell.text);
}

void TextTable::add(std::vector<TableCell> row) {
    CHECK(row.size() == columns_.size());
    std::vector<Shown>& shown = rows_.emplace_back();
    shown.reserve(row.size());
    for (const TableCell& cell : row) shown.push_back({shown_cell(cell, data_), cell.absent});
}

std::vector<std::size_t> TextTable::widths(std::size_t width_max) const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t width = display_width(printable(columns_[i].name));
        for (const auto& row : rows_) width = std::max(width, display_width(row[i].text));
        widths.push_back(std::max<std::size_t>(width, 1));
    }
    const std::size_t gaps = widths.empty() ? 0 : kGap * (widths.size() - 1);
    std::size_t total = std::accumulate(widths.begin(), widths.end(), gaps);
    while (width_max > 0 && total > width_max) {
        // The widest come down together, to the next widest or as far as needed.
        const std::size_t widest = std::ranges::max(widths);
        if (widest <= kNarrowest) break;
        std::size_t next = kNarrowest;
        std::size_t many = 0;
        for (const std::size_t width : widths) {
            if (width == widest)
                ++many;
            else
                next = std::max(next, width);
        }
        const std::size_t less = std::min((total - width_max + many - 1) / many, widest - std::min(next, widest - 1));
        for (std::size_t& width : widths) {
            if (width == widest) width -= less;
        }
        total -= many * less;
    }
    return widths;
}

std::string TextTable::line(const std::vector<Shown>& row, const std::vector<std::size_t>& widths, Paint paint) const {
    std::string out;
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (i > 0) out.append(kGap, ' ');
        std::string text = cut_to_width(row[i].text, widths[i]);
        const std::size_t width = display_width(text);
        const std::string space(widths[i] > width ? widths[i] - width : 0, ' ');
        if (row[i].absent) text = paint.dim(text);
        out += columns_[i].align == Align::right ? space + text : text + space;
    }
    return trimmed(std::move(out));
}

std::string TextTable::head(const std::vector<std::size_t>& widths, Paint paint) const {
    std::string names;
    std::string rule;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const std::string name = cut_to_width(printable(columns_[i].name), widths[i]);
        if (i > 0) names.append(kGap, ' '), rule.append(kGap, ' ');
        names += columns_[i].align == Align::right ? pad_left(name, widths[i]) : pad_right(name, widths[i]);
        rule.append(widths[i], '-');
    }
    names.erase(names.find_last_not_of(' ') + 1);
    return paint.bold(names) + "\n" + paint.dim(rule) + "\n";
}

std::string TextTable::take_rows(const std::vector<std::size_t>& widths, Paint paint) {
    std::string out;
    for (const auto& row : rows_) out += line(row, widths, paint);
    rows_.clear();
    return out;
}

std::string TextTable::render(std::size_t width_max, Paint paint) {
    const std::vector<std::size_t> all = widths(width_max);
    std::string out = head(all, paint);
    return out + take_rows(all, paint);
}

} // namespace inlet
