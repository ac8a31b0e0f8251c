// Rows to text. Each batch becomes one string and one write.
#include "app/result_writers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "app/text_table.hpp"
#include "base/json_writer.hpp"
#include "records/scalars.hpp"

namespace inlet {

namespace {

constexpr std::size_t kTableSampleRows = 1000;

template <class T>
T at(const Column& column, std::size_t row) {
    return column.values<T>()[row];
}

// Without the value's absence, which the caller has looked at.
void append_value(std::string& out, const Column& column, ResultKind kind, std::size_t row) {
    switch (kind) {
    case ResultKind::boolean:
        out += at<std::uint8_t>(column, row) != 0 ? "true" : "false";
        return;
    case ResultKind::int64:
        fmt::format_to(std::back_inserter(out), "{}", at<std::int64_t>(column, row));
        return;
    case ResultKind::float64:
        out += format_number(at<double>(column, row));
        return;
    case ResultKind::date:
        out += format_date(at<std::int32_t>(column, row));
        return;
    case ResultKind::time:
        out += format_time(at<std::int64_t>(column, row));
        return;
    case ResultKind::timestamp:
        out += format_datetime(at<std::int64_t>(column, row));
        return;
    case ResultKind::text:
    case ResultKind::json:
    case ResultKind::numeric:
        out += at<TextRef>(column, row).view();
        return;
    }
}

class CsvWriter final : public ResultWriter {
public:
    explicit CsvWriter(ByteSink& out) : out_(out) {}
    Status begin(const std::vector<ResultColumn>& columns) override {
        columns_ = columns;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (i > 0) text_ += ',';
            append_cell(columns_[i].name);
        }
        return send();
    }
    Status batch(const RecordBatch& rows) override {
        for (std::size_t row = 0; row < rows.rows; ++row) {
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                const Column& column = rows.columns[i];
                if (i > 0) text_ += ',';
                if (!column.present.test(row)) {
                    // A record of one cell without a value would be an empty line, which readers take for no record.
                    if (columns_.size() == 1) text_ += "\"\"";
                    continue;
                }
                if (column.type == PhysicalType::text)
                    append_cell(at<TextRef>(column, row).view());
                else
                    append_value(text_, column, columns_[i].kind, row);
            }
            if (row + 1 < rows.rows) text_ += "\r\n";
        }
        rows_ += rows.rows;
        return rows.rows == 0 ? Status{} : send();
    }
    Status end() override { return {}; }

private:
    Status send() {
        text_ += "\r\n";
        const Status status = out_.write(text_);
        text_.clear();
        return status;
    }
    void append_cell(std::string_view cell) {
        if (!cell.empty() && cell.find_first_of("\",\r\n") == std::string_view::npos) {
            text_ += cell;
            return;
        }
        text_ += '"';
        for (const char c : cell) {
            if (c == '"') text_ += '"';
            text_ += c;
        }
        text_ += '"';
    }

    ByteSink& out_;
    std::vector<ResultColumn> columns_;
    std::string text_;
};

class JsonRows final : public ResultWriter {
public:
    JsonRows(ByteSink& out, bool lines) : out_(out), lines_(lines) {}
    Status begin(const std::vector<ResultColumn>& columns) override {
        for (const ResultColumn& column : columns) {
            kinds_.push_back(column.kind);
            std::string& key = keys_.emplace_back(keys_.empty() ? "{" : ",");
            append_json_string(key, column.name);
            key += ':';
        }
        return lines_ ? Status{} : out_.write(std::string_view("["));
    }
    Status batch(const RecordBatch& rows) override {
        for (std::size_t row = 0; row < rows.rows; ++row) {
            if (!lines_) text_ += rows_ + row > 0 ? ",\n" : "\n";
            for (std::size_t i = 0; i < keys_.size(); ++i) {
                text_ += keys_[i];
                append_json(rows.columns[i], kinds_[i], row);
            }
            text_ += keys_.empty() ? "{}" : "}";
            if (lines_) text_ += '\n';
        }
        rows_ += rows.rows;
        const Status status = out_.write(text_);
        text_.clear();
        return status;
    }
    Status end() override {
        if (lines_) return {};
        return out_.write(rows_ > 0 ? std::string_view("\n]\n") : std::string_view("]\n"));
    }

private:
    void append_json(const Column& column, ResultKind kind, std::size_t row) {
        if (!column.present.test(row)) {
            text_ += "null";
            return;
        }
        switch (kind) {
        case ResultKind::boolean:
        case ResultKind::int64:
            append_value(text_, column, kind, row);
            return;
        case ResultKind::float64: {
            const double number = at<double>(column, row);
            text_ += std::isfinite(number) ? format_number(number) : "null";
            return;
        }
        case ResultKind::json:
            text_ += at<TextRef>(column, row).view();
            return;
        case ResultKind::numeric:
            if (const std::string_view digits = at<TextRef>(column, row).view(); is_json_number(digits)) {
                text_ += digits;
                return;
            }
            break;
        default:
            break;
        }
        std::string value;
        append_value(value, column, kind, row);
        append_json_string(text_, value);
    }

    ByteSink& out_;
    bool lines_;
    std::vector<ResultKind> kinds_;
    std::vector<std::string> keys_; // with what stands before them
    std::string text_;
};

class TableRows final : public ResultWriter {
public:
    TableRows(ByteSink& out, TableBounds bounds, Paint paint) : out_(out), bounds_(bounds), paint_(paint) {}
    Status begin(const std::vector<ResultColumn>& columns) override {
        std::vector<TableColumn> shown;
        for (const ResultColumn& column : columns) {
            kinds_.push_back(column.kind);
            const bool number = column.kind == ResultKind::int64 || column.kind == ResultKind::float64 ||
                                column.kind == ResultKind::numeric;
            shown.push_back({column.name, number ? Align::right : Align::left});
        }
        table_.emplace(std::move(shown), true);
        return {};
    }
    Status batch(const RecordBatch& rows) override {
        for (std::size_t row = 0; row < rows.rows; ++row, ++rows_) {
            if (bounds_.rows_max > 0 && rows_ >= bounds_.rows_max) continue;
            std::vector<TableCell> cells;
            cells.reserve(kinds_.size());
            for (std::size_t i = 0; i < kinds_.size(); ++i)
                cells.emplace_back(value_text(rows.columns[i], kinds_[i], row));
            table_->add(std::move(cells));
            if (table_->rows() >= kTableSampleRows) TRY(send());
        }
        return {};
    }
    Status end() override {
        TRY(send());
        const bool cut = bounds_.rows_max > 0 && rows_ > bounds_.rows_max;
        std::string count = fmt::format("{} {}", rows_, rows_ == 1 ? "row" : "rows");
        if (cut) count += fmt::format(", the first {} shown; `--rows 0` shows all", bounds_.rows_max);
        return out_.write(paint_.dim(fmt::format("({})", count)) + "\n");
    }

private:
    Status send() {
        std::string text;
        if (widths_.empty()) {
            widths_ = table_->widths(bounds_.width_max);
            text = table_->head(widths_, paint_);
        }
        text += table_->take_rows(widths_, paint_);
        return out_.write(text);
    }

    ByteSink& out_;
    TableBounds bounds_;
    Paint paint_;
    std::vector<ResultKind> kinds_;
    std::optional<TextTable> table_;
    std::vector<std::size_t> widths_; // empty until the head is written
};

} // namespace

bool is_json_number(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    return !text.empty() && text.find_first_not_of("0123456789.eE+-") == std::string_view::npos &&
           text.front() >= '0' && text.front() <= '9' &&
           !(text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9');
}

std::optional<std::string> value_text(const Column& column, ResultKind kind, std::size_t row) {
    if (!column.present.test(row)) return std::nullopt;
    std::string text;
    append_value(text, column, kind, row);
    return text;
}

std::unique_ptr<ResultWriter> make_csv_writer(ByteSink& out) { return std::make_unique<CsvWriter>(out); }
std::unique_ptr<ResultWriter> make_json_writer(ByteSink& out) { return std::make_unique<JsonRows>(out, false); }
std::unique_ptr<ResultWriter> make_ndjson_writer(ByteSink& out) { return std::make_unique<JsonRows>(out, true); }
std::unique_ptr<ResultWriter> make_table_writer(ByteSink& out, TableBounds bounds, Paint paint) {
    return std::make_unique<TableRows>(out, bounds, paint);
}

} // namespace inlet
