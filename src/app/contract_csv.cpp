#include "app/contract_csv.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "records/field_writer.hpp"

namespace inlet {

namespace {

// Where the delimiter is recognised, a lone column is split at none of those that are tried.
constexpr std::string_view kTriedDelimiters = ",;\t|";

class ContractCsvWriter final : public ResultWriter {
public:
    ContractCsvWriter(ByteSink& out, const Dataset& dataset)
        : out_(out), dataset_(dataset), delimiter_(dataset.dialect.delimiter.value_or(',')),
          quote_(dataset.dialect.quote_char.value_or('"')) {}

    Status begin(const std::vector<ResultColumn>& columns) override {
        special_ = {delimiter_, '\r', '\n'};
        if (quote_ != '\0') special_ += quote_;
        if (columns.size() == 1 && !dataset_.dialect.delimiter) special_ += kTriedDelimiters;
        for (const ResultColumn& column : columns) {
            Output output{.kind = column.kind, .name = column.name};
            if (const auto field = dataset_.schema.find(column.name)) {
                const Field& about = dataset_.schema.fields[*field];
                output.type = physical_type(about);
                output.writer = TRY(FieldWriter::make(about, dataset_.schema.missing_values));
            }
            columns_.push_back(std::move(output));
        }
        if (!dataset_.dialect.header.value_or(true)) return {};
        for (const Output& column : columns_) {
            if (&column != &columns_.front()) text_ += delimiter_;
            TRY(append_cell(column.name, column));
        }
        return send();
    }

    Status batch(const RecordBatch& rows) override {
        arena_.clear();
        for (std::size_t i = 0; i < columns_.size(); ++i) TRY(write_column(rows.columns[i], rows.rows, columns_[i]));
        for (std::size_t row = 0; row < rows.rows; ++row) {
            if (is_blank(row)) {
                return fail(
                    FailureCode::value_unwritable,
                    fmt::format("a row of `{}` holds nothing but absent values and empty texts, and a record of "
                                "nothing is not read (blank-row)",
                                dataset_.name));
            }
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                if (i > 0) text_ += delimiter_;
                TRY(append_cell(columns_[i].cells[row].view(), columns_[i]));
            }
            if (row + 1 < rows.rows) text_ += "\r\n";
        }
        rows_ += rows.rows;
        return rows.rows == 0 ? Status{} : send();
    }

    Status end() override { return {}; }

private:
    struct Output {
        ResultKind kind = ResultKind::text;
        std::string name;
        PhysicalType type = PhysicalType::text;
        std::optional<FieldWriter> writer; // of a field
        std::vector<TextRef> cells;
    };

    Status write_column(const Column& column, std::size_t rows, Output& output) {
        if (output.writer && column.type == output.type)
            return output.writer->write(column, rows, output.cells, arena_);
        output.cells.clear();
        for (std::size_t row = 0; row < rows; ++row)
            output.cells.push_back(arena_.store(value_text(column, output.kind, row).value_or("")));
        return {};
    }

    // As the reader has it; nearly always the first cell settles that it is not.
    bool is_blank(std::size_t row) const {
        const std::vector<std::string>& missing = dataset_.schema.missing_values;
        return std::ranges::all_of(columns_, [&](const Output& column) {
            const std::string_view cell = column.cells[row].view();
            return cell.empty() || std::ranges::find(missing, cell) != missing.end();
        });
    }

    Status append_cell(std::string_view cell, const Output& column) {
        if (cell.find_first_of(special_) == std::string_view::npos) {
            text_ += cell;
            return {};
        }
        if (quote_ == '\0') {
            return fail(Error(FailureCode::value_unwritable,
                              fmt::format("`{}` holds a text with a delimiter or a line end in it, and the "
                                          "dialect of `{}` has no quotes",
                                          column.name, dataset_.name))
                            .with("field", column.name));
        }
        text_ += quote_;
        for (const char c : cell) {
            if (c == quote_) text_ += quote_;
            text_ += c;
        }
        text_ += quote_;
        return {};
    }

    Status send() {
        text_ += "\r\n";
        const Status status = out_.write(text_);
        text_.clear();
        return status;
    }

    ByteSink& out_;
    const Dataset& dataset_;
    const char delimiter_;
    const char quote_;    // '\0': none
    std::string special_; // what a cell without quotes cannot hold
    std::vector<Output> columns_;
    TextArena arena_; // of the batch being written
    std::string text_;
};

} // namespace

std::unique_ptr<ResultWriter> make_contract_csv_writer(ByteSink& out, const Dataset& dataset) {
    return std::make_unique<ContractCsvWriter>(out, dataset);
}

} // namespace inlet
