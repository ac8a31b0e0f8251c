#include "fronts/http/file_rows.hpp"

#include <fmt/format.h>

#include "contract/files_schema.hpp"

namespace inlet::http {

namespace {

// Keeps rows as files; columns that are none of theirs are passed over.
class FileSink final : public ResultSink {
public:
    Status begin(const std::vector<ResultColumn>& columns) override {
        columns_ = columns;
        return {};
    }
    Status batch(const RecordBatch& rows) override {
        for (std::size_t row = 0; row < rows.rows; ++row) {
            FileRow& file = files.emplace_back();
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                if (rows.columns[i].present.test(row)) set(file, columns_[i], rows.columns[i], row);
            }
        }
        return {};
    }

    std::vector<FileRow> files;

private:
    static void set(FileRow& file, const ResultColumn& column, const Column& values, std::size_t row) {
        if (values.type == PhysicalType::text) {
            std::string* text = text_of(file, column.name);
            if (text != nullptr) *text = values.values<TextRef>()[row].view();
            return;
        }
        if (Column::width(values.type) != sizeof(std::int64_t)) return;
        const std::int64_t number = values.values<std::int64_t>()[row];
        if (column.name == files_field::kBytes) file.bytes = static_cast<std::uint64_t>(number);
        if (column.name == files_field::kUploadedAt) file.uploaded_at = number;
    }
    static std::string* text_of(FileRow& file, std::string_view column) {
        if (column == files_field::kPath) return &file.path;
        if (column == files_field::kName) return &file.name;
        if (column == files_field::kType) return &file.type;
        if (column == files_field::kSha256) return &file.sha256;
        if (column == files_field::kComment) return &file.comment;
        if (column == files_field::kUploadedBy) return &file.uploaded_by;
        return nullptr;
    }

    std::vector<ResultColumn> columns_;
};

std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') out += '\'';
        out += c;
    }
    return out + "'";
}

} // namespace

Result<FileRow> find_file(Warehouse& warehouse, const Dataset& dataset, std::string_view path) {
    RecordBatch keys;
    keys.rows = 1;
    keys.columns.resize(1);
    keys.columns[0].reset(PhysicalType::text, 1);
    keys.columns[0].values<TextRef>()[0] = keys.arena.store(path);
    keys.rejected.assign(1, false);
    FileSink sink;
    TRY(warehouse.find(dataset.name, keys, sink));
    if (sink.files.empty())
        return fail(FailureCode::unknown_file, fmt::format("`{}` has no file `{}`", dataset.name, path));
    return std::move(sink.files.front());
}

Result<std::vector<FileRow>> list_files(Warehouse& warehouse, const Dataset& dataset, std::string_view prefix,
                                        std::string_view after, std::size_t limit) {
    FileSink sink;
    TRY(warehouse.query(
        fmt::format("SELECT * FROM \"{}\" WHERE starts_with(path, {}) AND path > {} ORDER BY path LIMIT "
                    "{}",
                    dataset.name, quoted(prefix), quoted(after), limit),
        {}, std::nullopt, sink));
    return std::move(sink.files);
}

Result<std::uint64_t> bytes_of_files(Warehouse& warehouse, const Dataset& dataset) {
    FileSink sink;
    TRY(warehouse.query(fmt::format("SELECT coalesce(sum(bytes), 0)::BIGINT AS bytes FROM \"{}\"", dataset.name), {},
                        std::nullopt, sink));
    return sink.files.empty() ? 0 : sink.files.front().bytes;
}

} // namespace inlet::http
