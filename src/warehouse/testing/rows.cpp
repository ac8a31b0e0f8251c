// See rows.hpp.
#include "warehouse/testing/rows.hpp"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <utility>

#include "records/scalars.hpp"

namespace inlet {

namespace {

std::vector<std::string_view> split(std::string_view text, char mark) {
    std::vector<std::string_view> out;
    for (std::size_t from = 0;;) {
        const std::size_t to = text.find(mark, from);
        out.push_back(text.substr(from, to == std::string_view::npos ? to : to - from));
        if (to == std::string_view::npos) return out;
        from = to + 1;
    }
}

std::string_view trim(std::string_view text) {
    const std::size_t from = text.find_first_not_of(" \n");
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(" \n") - from + 1);
}

template <class T>
T number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    CHECK(error == std::errc() && end == text.data() + text.size());
    return value;
}

template <class T>
auto parsed(std::optional<T> value) {
    CHECK(value.has_value());
    return *value;
}

void set_cell(RecordBatch& batch, std::size_t column, std::size_t record, const std::optional<std::string>& text) {
    Column& to = batch.columns[column];
    if (!text) {
        to.present.reset(record);
        return;
    }
    switch (to.type) {
    case PhysicalType::boolean:
        CHECK(*text == "true" || *text == "false");
        to.values<std::uint8_t>()[record] = *text == "true" ? 1 : 0;
        break;
    case PhysicalType::int64:
        to.values<std::int64_t>()[record] = number<std::int64_t>(*text);
        break;
    case PhysicalType::float64:
        to.values<double>()[record] = number<double>(*text);
        break;
    case PhysicalType::date:
        to.values<std::int32_t>()[record] = parsed(parse_date(*text));
        break;
    case PhysicalType::time:
        to.values<std::int64_t>()[record] = parsed(parse_time(*text));
        break;
    case PhysicalType::timestamp:
        to.values<std::int64_t>()[record] = parsed(parse_datetime(*text));
        break;
    case PhysicalType::text:
        to.values<TextRef>()[record] = batch.arena.store(*text);
        break;
    }
}

void fill(RecordBatch& batch, const std::vector<PhysicalType>& types, const std::vector<TextCells>& rows) {
    batch.rows = rows.size();
    batch.rejected.assign(rows.size(), false);
    batch.rejected_count = 0;
    batch.arena.clear();
    batch.columns.resize(types.size());
    for (std::size_t c = 0; c < types.size(); ++c) batch.columns[c].reset(types[c], rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].empty()) {
            batch.rejected.set(i);
            ++batch.rejected_count;
            // What a rejected record holds must not matter, not even that it looks like a value.
            for (std::size_t c = 0; c < types.size(); ++c) batch.columns[c].present.reset(i);
            continue;
        }
        CHECK(rows[i].size() == types.size());
        for (std::size_t c = 0; c < types.size(); ++c) set_cell(batch, c, i, rows[i][c]);
    }
}

class TextRows final : public RowSource {
public:
    TextRows(std::vector<PhysicalType> types, std::vector<TextCells> rows, RowLayout layout)
        : types_(std::move(types)), rows_(std::move(rows)), layout_(layout) {}

    Result<std::unique_ptr<RowStream>> open() const override { return std::make_unique<Stream>(*this); }
    std::uint64_t rows() const override {
        return static_cast<std::uint64_t>(
            std::count_if(rows_.begin(), rows_.end(), [](const TextCells& row) { return !row.empty(); }));
    }

private:
    class Stream final : public RowStream {
    public:
        explicit Stream(const TextRows& source) : source_(source) {}
        Result<bool> next(RecordBatch& batch) override {
            const std::lock_guard lock(mutex_);
            const std::size_t rows = source_.layout_.batch_rows;
            const std::size_t batches = (source_.rows_.size() + rows - 1) / rows;
            if (handed_out_ == batches) return false;
            const std::size_t at = source_.layout_.reversed ? batches - 1 - handed_out_ : handed_out_;
            ++handed_out_;
            batch.ordinal = source_.layout_.first_ordinal + at;
            const auto from = source_.rows_.begin() + static_cast<std::ptrdiff_t>(at * rows);
            const std::size_t size = std::min(rows, source_.rows_.size() - at * rows);
            fill(batch, source_.types_, {from, from + static_cast<std::ptrdiff_t>(size)});
            return true;
        }

    private:
        const TextRows& source_;
        std::mutex mutex_;
        std::size_t handed_out_ = 0; // behind mutex_
    };

    const std::vector<PhysicalType> types_;
    const std::vector<TextCells> rows_;
    const RowLayout layout_;
};

std::optional<std::string> cell_text(const Column& column, std::size_t record) {
    if (!column.present.test(record)) return std::nullopt;
    return value_text(column, record);
}

} // namespace

std::vector<TextCells> parse_rows(std::string_view text) {
    std::vector<TextCells> out;
    if (trim(text).empty()) return out;
    for (const std::string_view row : split(text, ';')) {
        TextCells cells;
        for (const std::string_view cell : split(trim(row), '|')) {
            cells.push_back(cell == "~" ? std::nullopt : std::optional<std::string>(cell));
        }
        if (cells.size() == 1 && cells[0] == "!") cells.clear();
        out.push_back(std::move(cells));
    }
    return out;
}

std::string to_string(const TextCells& cells) {
    if (cells.empty()) return "!";
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) out += '|';
        out += cells[i].value_or("~");
    }
    return out;
}

Dataset make_dataset(const std::string& name, std::string_view fields) {
    Dataset dataset;
    dataset.name = name;
    for (const std::string_view text : split(fields, ',')) {
        const std::vector<std::string_view> words = split(trim(text), ' ');
        const std::vector<std::string_view> named = split(words[0], ':');
        CHECK(named.size() == 2);
        Field field;
        field.name = named[0];
        field.type = parsed(field_type_from(named[1]));
        for (std::size_t i = 1; i < words.size(); ++i) {
            CHECK(words[i] == "key" || words[i] == "unique" || words[i] == "required");
            if (words[i] == "key") dataset.schema.primary_key.push_back(dataset.schema.fields.size());
            if (words[i] == "unique") field.constraints.unique = true;
            if (words[i] != "unique") field.constraints.required = true;
        }
        dataset.schema.fields.push_back(std::move(field));
    }
    return dataset;
}

std::shared_ptr<const RowSource> make_rows(const Schema& schema, std::vector<TextCells> rows, RowLayout layout) {
    std::vector<PhysicalType> types;
    for (const Field& field : schema.fields) types.push_back(physical_type(field));
    return std::make_shared<TextRows>(std::move(types), std::move(rows), layout);
}

std::shared_ptr<const RowSource> make_rows(const Schema& schema, std::string_view rows, RowLayout layout) {
    return make_rows(schema, parse_rows(rows), layout);
}

RecordBatch make_keys(const Schema& schema, std::string_view keys) {
    std::vector<PhysicalType> types;
    for (const std::size_t at : schema.primary_key) types.push_back(physical_type(schema.fields[at]));
    RecordBatch batch;
    fill(batch, types, parse_rows(keys));
    return batch;
}

Status RowCollector::begin(const std::vector<ResultColumn>& columns) {
    CHECK(!begun_);
    begun_ = true;
    columns_ = columns;
    return {};
}

Status RowCollector::batch(const RecordBatch& rows) {
    CHECK(begun_ && rows.columns.size() == columns_.size());
    for (std::size_t i = 0; i < rows.rows; ++i) {
        TextCells cells;
        for (const Column& column : rows.columns) cells.push_back(cell_text(column, i));
        rows_.push_back(std::move(cells));
    }
    return {};
}

std::vector<std::string> RowCollector::sorted() const { return sorted_without_last(0); }

std::vector<std::string> RowCollector::sorted_without_last(std::size_t columns) const {
    std::vector<std::string> out;
    for (const TextCells& row : rows_) {
        out.push_back(to_string(TextCells(row.begin(), row.end() - static_cast<std::ptrdiff_t>(columns))));
    }
    std::sort(out.begin(), out.end());
    return out;
}

} // namespace inlet
