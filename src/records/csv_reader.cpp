// The CSV reader: splitting, labels, and the parsing of chunks.
#include "records/csv_reader.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>

#include <fmt/format.h>

#include "records/csv_dialect.hpp"
#include "records/csv_grammar.hpp"
#include "records/field_reader.hpp"
#include "records/scalars.hpp"

namespace inlet {

std::string_view record_text(const Chunk& chunk, const ParsedChunk& parsed, std::size_t record) {
    std::string_view text = chunk.text.substr(parsed.starts[record], parsed.starts[record + 1] - parsed.starts[record]);
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kSampleBytes = 64 << 10; // from which the dialect is worked out
constexpr std::size_t kTooLongShown = 1000;    // bytes of an overlong record that are kept
constexpr std::size_t kExtraCellsTold = 100;   // of one record: more say nothing new

// Buffers of one size, handed out again when their last reader lets go.
class BufferPool : public std::enable_shared_from_this<BufferPool> {
public:
    std::shared_ptr<char[]> get(std::size_t bytes) {
        std::unique_ptr<char[]> buffer;
        {
            const std::lock_guard lock(mutex_);
            if (bytes == size_ && !free_.empty()) {
                buffer = std::move(free_.back());
                free_.pop_back();
            } else if (size_ == 0) {
                size_ = bytes;
            }
        }
        if (!buffer) buffer = std::make_unique_for_overwrite<char[]>(bytes);
        char* const raw = buffer.release();
        return {raw,
                [pool = shared_from_this(), bytes](char* done) { pool->put(std::unique_ptr<char[]>(done), bytes); }};
    }

private:
    static constexpr std::size_t kKept = 16;

    void put(std::unique_ptr<char[]> buffer, std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        if (bytes == size_ && free_.size() < kKept) free_.push_back(std::move(buffer));
    }

    std::mutex mutex_;
    std::size_t size_ = 0; // of pooled buffers: the first size asked for
    std::vector<std::unique_ptr<char[]>> free_;
};

class CsvReader final : public RecordReader {
public:
    explicit CsvReader(CsvReaderOptions options)
        : schema_(std::move(options.schema)), dialect_(options.dialect), limits_(options.limits),
          kernels_(options.kernels != nullptr ? *options.kernels : csv_kernels().front()),
          pool_(std::make_shared<BufferPool>()), window_(limits_.chunk_bytes) {
        renew(window_);
    }

    Status make_field_readers() {
        for (std::size_t i = 0; i < schema_.fields.size(); ++i) {
            field_readers_.push_back(TRY(FieldReader::make(schema_.fields[i], schema_.missing_values)));
        }
        return {};
    }

    std::span<char> prepare() override {
        CHECK(!finished_ && unread() < window_);
        return {buffer_.get() + end_, std::min(window_ - unread(), limits_.block_bytes_max)};
    }
    void commit(std::size_t bytes) override { end_ += bytes; }
    void finish() override {
        finished_ = true;
        if (unread() > 0 && buffer_[end_ - 1] != '\n') buffer_[end_++] = '\n'; // renew() leaves room for it
    }
    bool take(Chunk& chunk) override;

    void parse(const Chunk& chunk, ParsedChunk& parsed, std::size_t flaws_kept_max) const override;
    const Schema& schema() const override { return schema_; }
    std::uint32_t column_of(std::size_t field) const override {
        return static_cast<std::uint32_t>(column_of_field_[field] + 1);
    }
    const std::vector<Violation>& file_violations() const override { return file_violations_; }
    const Dialect& dialect() const override { return dialect_; }
    std::string_view header_text() const override { return header_text_; }
    std::uint64_t header_lines() const override { return header_lines_; }

private:
    std::size_t unread() const { return end_ - begin_; }
    std::string_view text() const { return {buffer_.get() + begin_, unread()}; }

    void renew(std::size_t window);
    bool start();
    void read_labels(const std::vector<std::string>& labels);
    bool fits_as_data(const std::vector<std::string>& cells) const;
    void label_violation(FailureCode code, std::size_t column, std::string label, std::string message);
    void cut(Chunk& chunk, std::size_t bytes, Quoting quoting);
    void cut_too_long(Chunk& chunk);
    bool skip_line();
    bool skip_all(); // false

    void index(const Chunk& chunk, ParsedChunk& parsed) const;
    void judge_shape(const Chunk& chunk, ParsedChunk& parsed) const;
    void gather(const Chunk& chunk, ParsedChunk& parsed, std::size_t column, std::uint32_t field) const;
    TextRef cell_at(const Chunk& chunk, const CellIndex& index, std::size_t record, std::size_t column,
                    TextArena& arena) const;
    TextRef strip(const Chunk& chunk, std::uint32_t begin, std::uint32_t end, bool last, TextArena& arena) const;

    Schema schema_;
    Dialect dialect_;
    ReaderLimits limits_;
    const CsvKernels& kernels_;
    std::vector<std::unique_ptr<FieldReader>> field_readers_;

    // Splitting.
    std::shared_ptr<BufferPool> pool_;
    std::shared_ptr<char[]> buffer_;
    std::size_t begin_ = 0; // unread bytes of the buffer
    std::size_t end_ = 0;
    std::size_t window_;     // unread bytes that are looked at together; doubled while no record is whole in it
    std::uint64_t byte_ = 0; // offset of begin_ in the file
    std::uint64_t next_ordinal_ = 0;
    bool started_ = false;
    bool finished_ = false;
    bool skipping_ = false; // within a record that is too long
    bool refused_ = false;  // none of it can be cut into records

    // The file's own layout, known once started.
    CsvFormat format_;
    std::vector<std::int32_t> field_of_column_; // position in the schema; -1: an extra label
    std::vector<std::int32_t> column_of_field_; // -1: no such label
    std::vector<Violation> file_violations_;
    std::string header_text_;
    std::uint64_t header_lines_ = 0;
};

// A new buffer with room for `window` unread bytes, holding the present ones.
void CsvReader::renew(std::size_t window) {
    std::shared_ptr<char[]> fresh = pool_->get(window + 1 + kScanPadding);
    const std::size_t kept = unread();
    if (kept > 0) std::memcpy(fresh.get(), buffer_.get() + begin_, kept);
    buffer_ = std::move(fresh);
    begin_ = 0;
    end_ = kept;
    window_ = window;
}

void CsvReader::cut(Chunk& chunk, std::size_t bytes, Quoting quoting) {
    chunk.ordinal = next_ordinal_++;
    chunk.byte = byte_;
    chunk.bytes = buffer_;
    chunk.text = text().substr(0, bytes);
    chunk.quoting = quoting;
    chunk.too_long = false;
    begin_ += bytes;
    byte_ += bytes;
    // The chunk is read by others from now on, padding included: what follows goes into a buffer of its own.
    renew(std::max(limits_.chunk_bytes, std::min(window_, unread() + 1)));
}

// All of the window is one record's beginning.
void CsvReader::cut_too_long(Chunk& chunk) {
    const std::size_t shown = std::min(unread(), kTooLongShown);
    std::shared_ptr<char[]> bytes(new char[shown + 1 + kScanPadding]);
    std::memcpy(bytes.get(), buffer_.get() + begin_, shown);
    bytes[shown] = '\n';
    chunk.ordinal = next_ordinal_++;
    chunk.byte = byte_;
    chunk.text = {bytes.get(), shown + 1};
    chunk.bytes = std::move(bytes);
    chunk.quoting = Quoting::irregular;
    chunk.too_long = true;
    skipping_ = true;
}

// Drops bytes up to and including the next line feed; false if it has not come yet.
bool CsvReader::skip_line() {
    const std::size_t at = text().find('\n');
    const std::size_t dropped = at == std::string_view::npos ? unread() : at + 1;
    begin_ += dropped;
    byte_ += dropped;
    skipping_ = at == std::string_view::npos && !finished_;
    renew(std::max(limits_.chunk_bytes, unread() + 1));
    return !skipping_;
}

bool CsvReader::skip_all() {
    byte_ += unread();
    begin_ += unread();
    renew(limits_.chunk_bytes);
    return false;
}

bool CsvReader::take(Chunk& chunk) {
    for (;;) {
        if (refused_) return skip_all();
        if (skipping_ && !skip_line()) return false;
        if (unread() < window_ && !finished_) return false;
        if (!started_) {
            if (!start() || refused_) continue; // a larger window, or no record at all
            if (unread() < window_ && !finished_) return false;
        }
        if (unread() == 0) return false;
        const std::string_view seen = text().substr(0, window_);
        const SplitScan scan = kernels_.split(seen, format_);
        std::size_t bytes = scan.whole;
        Quoting quoting = scan.quoting;
        const bool last = finished_ && seen.size() == unread();
        if (quoting == Quoting::irregular) {
            bytes = split_exact(seen, format_, last, seen.size());
        } else if (last && bytes < seen.size()) { // a quote is still open at the end of the file
            quoting = Quoting::irregular;
            bytes = split_exact(seen, format_, true, seen.size());
        }
        if (bytes > 0) {
            cut(chunk, bytes, quoting);
            return true;
        }
        if (window_ < limits_.record_bytes_max) {
            renew(std::min(window_ * 2, limits_.record_bytes_max));
            continue;
        }
        // Longer than allowed. If an open quote is to blame, the record is its first line; the text behind it is read
        // as usual.
        bytes = split_exact(seen, format_, true, 1);
        if (bytes > 0 && seen[bytes - 1] == '\n') {
            cut(chunk, bytes, Quoting::irregular);
        } else {
            cut_too_long(chunk);
        }
        return true;
    }
}

// Whether lines end in CR alone: outside of quotes there is one with more behind it, and no LF before the end.
bool has_old_line_ends(std::string_view text, char quote) {
    if (std::min(text.find('\n'), text.size()) + 1 < text.size()) return false;
    bool inside = false;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        if (text[i] == quote && quote != '\0') inside = !inside;
        if (text[i] == '\r' && text[i + 1] != '\n' && !inside) return true;
    }
    return false;
}

// Dialect and labels, from the first window. False: the header does not fit in it, and the window was enlarged.
bool CsvReader::start() {
    std::string_view seen = text();
    std::size_t skipped = 0;
    if (seen.starts_with(kByteOrderMark)) skipped = kByteOrderMark.size();
    seen.remove_prefix(skipped);
    const std::string_view sample = seen.substr(0, kSampleBytes);
    format_ = sniff_format(sample, dialect_, schema_);
    std::vector<std::uint32_t> ends;
    RecordEnd first;
    const bool old_line_ends = (finished_ || sample.size() == kSampleBytes) && has_old_line_ends(sample, format_.quote);
    if (!seen.empty() && !old_line_ends) {
        first = scan_record(seen, 0, format_, finished_, &ends);
        if (first.state == RecordScan::unfinished && !finished_ && window_ < limits_.record_bytes_max) {
            renew(std::min(window_ * 2, limits_.record_bytes_max));
            return false;
        }
    }
    started_ = true;
    begin_ += skipped;
    byte_ += skipped;
    dialect_.delimiter = format_.delimiter;
    dialect_.quote_char = format_.quote;

    std::vector<std::string> labels;
    if (first.state == RecordScan::whole) labels = split_cells(seen, 0, ends, format_);
    const bool header =
        old_line_ends ||
        dialect_.header.value_or(schema_.fields.empty() || names_fields(labels, schema_) || !fits_as_data(labels));
    dialect_.header = header;
    if (!header) {
        const std::size_t columns = schema_.fields.empty() ? labels.size() : schema_.fields.size();
        labels.clear();
        for (std::size_t i = 0; i < columns; ++i)
            labels.push_back(schema_.fields.empty() ? fmt::format("column{}", i + 1) : schema_.fields[i].name);
        read_labels(labels);
        renew(window_);
        return true;
    }
    if (old_line_ends) {
        header_text_ = std::string(seen.substr(0, seen.find('\r')));
        label_violation(
            FailureCode::format_error, 0, "",
            "the lines end in CR alone, as those of old Macs; LF or CRLF is read: convert the file, as with "
            "`tr '\\r' '\\n'`");
        labels.clear();
        refused_ = true;
    } else if (first.state != RecordScan::whole) {
        label_violation(seen.empty() ? FailureCode::blank_header : FailureCode::malformed_record, 0, "",
                        seen.empty() ? "the file is empty; a header with the labels is expected"
                                     : "the header cannot be split into labels");
        labels.clear();
    } else if (labels.size() == 1 && labels.front().empty()) {
        label_violation(FailureCode::blank_header, 0, "", "the header is empty; labels are expected");
        labels.clear();
    }
    if (first.state != RecordScan::unfinished && !old_line_ends) {
        header_text_ = std::string(seen.substr(0, first.next));
        while (header_text_.ends_with('\n') || header_text_.ends_with('\r')) header_text_.pop_back();
        header_lines_ = static_cast<std::uint64_t>(
            std::count(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(first.next), '\n'));
        begin_ += first.next;
        byte_ += first.next;
    }
    if (labels.size() >
        limits_.columns_max) { // not looked at one by one: that would cost as much as whoever made them likes
        label_violation(
            FailureCode::too_many_columns, 0, "",
            fmt::format("the header has {} labels; at most {} are allowed", labels.size(), limits_.columns_max));
        labels.clear();
    }
    read_labels(labels);
    renew(window_);
    return true;
}

// Whether the first record could be a data record: as many cells as fields, each a value of its field, and not all of
// them mere text.
bool CsvReader::fits_as_data(const std::vector<std::string>& cells) const {
    if (cells.size() != schema_.fields.size()) return false;
    bool telling = false;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        std::string padded = cells[i] + std::string(kScanPadding, '\0');
        const TextRef cell{padded.data(), static_cast<std::uint32_t>(cells[i].size())};
        Column column;
        TextArena arena;
        FlawList flaws;
        flaws.reset(schema_.fields.size(), 1, 1);
        field_readers_[i]->read({{&cell, 1}, static_cast<std::uint32_t>(i), 0}, column, arena, flaws);
        if (flaws.rejected().test(0)) return false;
        const FieldType type = schema_.fields[i].type;
        telling = telling || (type != FieldType::string && type != FieldType::any && column.present.test(0));
    }
    return telling;
}

void CsvReader::label_violation(FailureCode code, std::size_t column, std::string label, std::string message) {
    Violation violation{.code = code};
    violation.line = 1;
    violation.column = static_cast<std::uint32_t>(column);
    violation.field = label;
    violation.value = std::move(label);
    violation.message = std::move(message);
    violation.record = header_text_.substr(0, kTooLongShown);
    file_violations_.push_back(std::move(violation));
}

void CsvReader::read_labels(const std::vector<std::string>& labels) {
    const bool own_schema = schema_.fields.empty();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const std::string& label = labels[i];
        const bool repeated = std::find(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(i), label) !=
                              labels.begin() + static_cast<std::ptrdiff_t>(i);
        if (label.empty())
            label_violation(FailureCode::blank_label, i + 1, "", fmt::format("label {} is empty", i + 1));
        if (repeated && !label.empty()) {
            label_violation(FailureCode::duplicate_label, i + 1, label,
                            fmt::format("label `{}` stands twice in the header", label));
        }
        if (own_schema) {
            Field field;
            field.name = label;
            field.type = FieldType::string;
            schema_.fields.push_back(std::move(field));
            field_of_column_.push_back(static_cast<std::int32_t>(i));
            continue;
        }
        auto field = repeated ? std::nullopt : find_field(label, schema_);
        if (field && std::find(field_of_column_.begin(), field_of_column_.end(), static_cast<std::int32_t>(*field)) !=
                         field_of_column_.end()) {
            field.reset(); // `id` and `ID` in one header: the first has the field
        }
        field_of_column_.push_back(field ? static_cast<std::int32_t>(*field) : -1);
        if (!field && !repeated && !label.empty()) {
            label_violation(FailureCode::extra_label, i + 1, label,
                            fmt::format("label `{}` is no field of the contract", label));
        }
    }
    column_of_field_.assign(schema_.fields.size(), -1);
    for (std::size_t i = 0; i < field_of_column_.size(); ++i) {
        if (field_of_column_[i] >= 0)
            column_of_field_[static_cast<std::size_t>(field_of_column_[i])] = static_cast<std::int32_t>(i);
    }
    if (own_schema) {
        const auto made = make_field_readers();
        CHECK(made.has_value()); // plain strings need nothing that could fail
        return;
    }
    if (labels.empty()) return;
    for (std::size_t i = 0; i < schema_.fields.size(); ++i) {
        if (column_of_field_[i] < 0) {
            label_violation(FailureCode::missing_label, 0, schema_.fields[i].name,
                            fmt::format("the header has no label `{}`", schema_.fields[i].name));
        }
    }
}

// ---- parsing
// --------------------------------------------------------------------------------------------------------------------

void CsvReader::index(const Chunk& chunk, ParsedChunk& parsed) const {
    if (chunk.quoting == Quoting::irregular) {
        index_exact(chunk.text, format_, parsed.index);
        if (chunk.too_long) parsed.index.malformed.assign(1, 0);
    } else {
        kernels_.index(chunk.text, format_, chunk.quoting, parsed.index);
    }
}

TextRef CsvReader::strip(const Chunk& chunk, std::uint32_t begin, std::uint32_t end, bool last,
                         TextArena& arena) const {
    const char* const data = chunk.text.data();
    if (last && end > begin && data[end - 1] == '\r') --end;
    if (chunk.quoting == Quoting::none || end - begin < 2 || data[begin] != format_.quote || format_.quote == '\0') {
        return {data + begin, end - begin};
    }
    ++begin;
    --end;
    const auto quote_in = [&](std::uint32_t from) { // position of the next quote, or the end
        const void* found = std::memchr(data + from, format_.quote, end - from);
        return found == nullptr ? end : static_cast<std::uint32_t>(static_cast<const char*>(found) - data);
    };
    std::uint32_t quote = quote_in(begin);
    if (quote == end) return {data + begin, end - begin};
    char* const to = arena.reserve(end - begin + kScanPadding);
    std::uint32_t size = 0;
    for (std::uint32_t at = begin;;) {
        const std::uint32_t run = std::min(quote + 1, end) - at; // with the first quote of a pair
        std::memcpy(to + size, data + at, run);
        size += run;
        at = quote + 2;
        if (at >= end) return {to, size};
        quote = quote_in(at);
    }
}

TextRef CsvReader::cell_at(const Chunk& chunk, const CellIndex& index, std::size_t record, std::size_t column,
                           TextArena& arena) const {
    const std::uint32_t first = record == 0 ? 0 : index.row_ends[record - 1];
    const std::uint32_t cells = index.row_ends[record] - first;
    if (column >= cells) return {chunk.text.data(), kNoCell};
    const std::uint32_t at = first + static_cast<std::uint32_t>(column);
    return strip(chunk, at == 0 ? 0 : index.ends[at - 1] + 1, index.ends[at], column + 1 == cells, arena);
}

// Records that cannot be split, are empty, or have too few or too many cells.
void CsvReader::judge_shape(const Chunk& chunk, ParsedChunk& parsed) const {
    const CellIndex& index = parsed.index;
    const std::size_t columns = field_of_column_.size();
    parsed.excluded.assign(index.rows, false);
    for (const std::uint32_t record : index.malformed) {
        parsed.excluded.set(record);
        parsed.flaws.add({record, kWholeRecord, 0, chunk.too_long ? Rule::too_long : Rule::quoting, {}});
    }
    const std::vector<std::string>& missing = schema_.missing_values;
    const bool only_empty = missing.size() == 1 && missing.front().empty();
    for (std::size_t record = 0; record < index.rows; ++record) {
        const std::uint32_t first = record == 0 ? 0 : index.row_ends[record - 1];
        const std::uint32_t cells = index.row_ends[record] - first;
        // Blank: every cell is a missing value. Nearly always the first cell settles that it is not.
        const std::uint32_t begin = parsed.starts[record];
        const std::uint32_t end = index.ends[first];
        if (end - begin <= 2 || !only_empty) {
            bool blank = !parsed.excluded.test(record);
            for (std::size_t i = 0; i < cells && blank; ++i) {
                const TextRef cell = cell_at(chunk, index, record, i, parsed.batch.arena);
                blank = cell.size == 0 || std::find(missing.begin(), missing.end(), cell.view()) != missing.end();
            }
            if (blank) {
                parsed.excluded.set(record);
                parsed.flaws.add({static_cast<std::uint32_t>(record), kWholeRecord, 0, Rule::blank_row, {}});
                continue;
            }
        }
        if (cells == columns || parsed.excluded.test(record)) continue;
        for (std::size_t i = cells; i < columns; ++i) {
            const std::uint32_t field =
                field_of_column_[i] < 0 ? kWholeRecord : static_cast<std::uint32_t>(field_of_column_[i]);
            parsed.flaws.add(
                {static_cast<std::uint32_t>(record), field, static_cast<std::uint32_t>(i + 1), Rule::missing_cell, {}});
        }
        for (std::size_t i = columns; i < std::min<std::size_t>(cells, columns + kExtraCellsTold); ++i) {
            parsed.flaws.add({static_cast<std::uint32_t>(record), kWholeRecord, static_cast<std::uint32_t>(i + 1),
                              Rule::extra_cell, cell_at(chunk, index, record, i, parsed.batch.arena)});
        }
    }
}

// The cells of one column, quotes undone, into parsed.cells.
void CsvReader::gather(const Chunk& chunk, ParsedChunk& parsed, std::size_t column, std::uint32_t field) const {
    const CellIndex& index = parsed.index;
    const std::size_t columns = field_of_column_.size();
    const bool last = column + 1 == columns;
    parsed.cells.resize(index.rows);
    TextRef* const cells = parsed.cells.data();
    if (parsed.even) {
        const char* const data = chunk.text.data();
        const std::uint32_t* ends = index.ends.data() + column;
        std::uint32_t begin = column == 0 ? 0 : ends[-1] + 1;
        const bool quoted = chunk.quoting != Quoting::none;
        for (std::size_t record = 0; record < index.rows; ++record) {
            const std::uint32_t end = *ends;
            if (quoted && data[begin] == format_.quote) {
                cells[record] = strip(chunk, begin, end, last, parsed.batch.arena);
            } else {
                cells[record] = {data + begin, end - begin - (last && end > begin && data[end - 1] == '\r')};
            }
            ends += columns;
            begin = record + 1 < index.rows ? ends[-1] + 1 : 0;
        }
    } else {
        for (std::size_t record = 0; record < index.rows; ++record) {
            cells[record] = parsed.excluded.test(record) ? TextRef{chunk.text.data(), kNoCell}
                                                         : cell_at(chunk, index, record, column, parsed.batch.arena);
        }
    }
    const auto position = static_cast<std::uint32_t>(column + 1);
    if (chunk.text.size() > limits_.cell_bytes_max) {
        for (std::size_t record = 0; record < index.rows; ++record) {
            if (cells[record].size != kNoCell && cells[record].size > limits_.cell_bytes_max) {
                parsed.flaws.add({static_cast<std::uint32_t>(record), field, position, Rule::cell_too_long, {}});
                cells[record].size = kNoCell;
            }
        }
    }
    if (parsed.valid_utf8) return;
    for (std::size_t record = 0; record < index.rows; ++record) {
        if (cells[record].size != kNoCell && utf8_error(cells[record].view()) != std::string_view::npos) {
            parsed.flaws.add({static_cast<std::uint32_t>(record), field, position, Rule::encoding, cells[record]});
            cells[record].size = kNoCell;
        }
    }
}

void CsvReader::parse(const Chunk& chunk, ParsedChunk& parsed, std::size_t flaws_kept_max) const {
    RecordBatch& batch = parsed.batch;
    batch.ordinal = chunk.ordinal;
    batch.bytes = chunk.bytes;
    batch.arena.clear();
    index(chunk, parsed);
    const CellIndex& cells = parsed.index;
    batch.rows = cells.rows;
    parsed.valid_utf8 = cells.ascii || utf8_error(chunk.text) == std::string_view::npos;
    parsed.line_feeds = cells.line_feeds;
    parsed.starts.resize(cells.rows + 1);
    parsed.starts[0] = 0;
    for (std::size_t i = 0; i < cells.rows; ++i) parsed.starts[i + 1] = cells.ends[cells.row_ends[i] - 1] + 1;

    parsed.flaws.reset(schema_.fields.size(), cells.rows, flaws_kept_max);
    batch.rejected_count = 0;
    judge_shape(chunk, parsed);
    parsed.even = parsed.flaws.rejected().count() == 0;
    batch.columns.resize(schema_.fields.size());
    for (std::size_t field = 0; field < schema_.fields.size(); ++field) {
        Column& column = batch.columns[field];
        if (column_of_field_[field] < 0) { // reported with the labels
            column.reset(physical_type(schema_.fields[field]), cells.rows);
            column.present.assign(cells.rows, false);
            continue;
        }
        gather(chunk, parsed, static_cast<std::size_t>(column_of_field_[field]), static_cast<std::uint32_t>(field));
        field_readers_[field]->read(
            {parsed.cells, static_cast<std::uint32_t>(field), static_cast<std::uint32_t>(column_of_field_[field] + 1)},
            column, batch.arena, parsed.flaws);
    }
    for (const std::size_t field : schema_.primary_key) {
        const Column& column = batch.columns[field];
        if (column_of_field_[field] < 0 || schema_.fields[field].constraints.required ||
            column.present.count() == cells.rows)
            continue;
        for (std::size_t record = 0; record < cells.rows; ++record) {
            if (column.present.test(record) || parsed.flaws.rejected().test(record)) continue;
            parsed.flaws.add({static_cast<std::uint32_t>(record),
                              static_cast<std::uint32_t>(field),
                              static_cast<std::uint32_t>(column_of_field_[field] + 1),
                              Rule::key_missing,
                              {}});
        }
    }
    parsed.flaws.sort();
    batch.rejected = parsed.flaws.rejected();
    batch.rejected_count = batch.rejected.count();
}

} // namespace

Result<std::unique_ptr<RecordReader>> make_csv_reader(CsvReaderOptions options) {
    const std::size_t least = 2 * kByteOrderMark.size();
    options.limits.chunk_bytes = std::max(options.limits.chunk_bytes, least);
    options.limits.record_bytes_max = std::max(options.limits.record_bytes_max, options.limits.chunk_bytes);
    options.limits.block_bytes_max = std::max<std::size_t>(options.limits.block_bytes_max, 1);
    auto reader = std::make_unique<CsvReader>(std::move(options));
    TRY(reader->make_field_readers());
    return reader;
}

} // namespace inlet
