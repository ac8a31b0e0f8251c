// Reads a part again. Taking chunks from the reader is serial and short; parsing them is done by whoever asks for a
// batch.
#include "records/part_rows.hpp"

#include <algorithm>
#include <mutex>
#include <optional>

#include "records/csv_reader.hpp"

namespace inlet {

namespace {

class PartStream final : public RowStream {
public:
    PartStream(std::unique_ptr<RecordReader> reader, std::unique_ptr<ByteSource> bytes,
               std::unique_ptr<LateFlawStream> late, RowsWanted wanted)
        : reader_(std::move(reader)), wanted_(wanted), bytes_(std::move(bytes)), late_(std::move(late)) {}

    Result<bool> next(RecordBatch& batch) override {
        Chunk chunk;
        std::vector<std::uint32_t> left_out;
        std::unique_ptr<ParsedChunk> parsed;
        {
            const std::lock_guard lock(mutex_);
            if (!TRY(take(chunk))) return false;
            TRY(late_records(chunk.ordinal, left_out));
            if (!spare_.empty()) {
                parsed = std::move(spare_.back());
                spare_.pop_back();
            }
        }
        if (!parsed) parsed = std::make_unique<ParsedChunk>();
        std::swap(parsed->batch, batch); // the caller's storage is used again
        reader_->parse(chunk, *parsed, 0);
        std::swap(parsed->batch, batch);
        for (const std::uint32_t record : left_out) batch.rejected.set(record);
        if (wanted_ == RowsWanted::broken_keys) keep_broken_keys(batch);
        batch.rejected_count = batch.rejected.count();
        const std::lock_guard lock(mutex_);
        spare_.push_back(std::move(parsed));
        return true;
    }

private:
    Result<bool> take(Chunk& chunk) {
        for (;;) {
            if (reader_->take(chunk)) return true;
            if (finished_) return false;
            const std::size_t count = TRY(bytes_->read(reader_->prepare()));
            if (count > 0) {
                reader_->commit(count);
            } else {
                reader_->finish();
                finished_ = true;
            }
        }
    }

    Status late_records(std::uint64_t ordinal, std::vector<std::uint32_t>& records) {
        while (late_) {
            if (!next_late_) {
                LateFlaw flaw;
                if (!TRY(late_->next(flaw))) {
                    late_.reset();
                    break;
                }
                next_late_ = flaw;
            }
            if (next_late_->order.value >> 32 != ordinal) break;
            records.push_back(static_cast<std::uint32_t>(next_late_->order.value & 0xFFFFFFFF));
            next_late_.reset();
        }
        return {};
    }

    void keep_broken_keys(RecordBatch& batch) const {
        const std::vector<std::size_t>& key = reader_->schema().primary_key;
        for (std::size_t record = 0; record < batch.rows; ++record) {
            bool kept = batch.rejected.test(record);
            for (const std::size_t field : key) kept = kept && batch.columns[field].present.test(record);
            if (kept) {
                batch.rejected.reset(record);
            } else {
                batch.rejected.set(record);
            }
        }
        for (std::size_t field = 0; field < batch.columns.size(); ++field) {
            if (std::find(key.begin(), key.end(), field) == key.end())
                batch.columns[field].present.assign(batch.rows, false);
        }
    }

    std::unique_ptr<RecordReader> reader_; // parse() is for all threads, the rest behind mutex_
    RowsWanted wanted_;
    std::mutex mutex_;
    std::unique_ptr<ByteSource> bytes_; // behind mutex_, as all below
    std::unique_ptr<LateFlawStream> late_;
    std::optional<LateFlaw> next_late_;
    bool finished_ = false;
    std::vector<std::unique_ptr<ParsedChunk>> spare_;
};

class PartRows final : public RowSource {
public:
    PartRows(std::shared_ptr<const ByteOrigin> origin, PartFormat format, const CheckReport& report, RowsWanted wanted)
        : origin_(std::move(origin)), format_(std::move(format)), late_(report.late), wanted_(wanted),
          rows_(wanted == RowsWanted::accepted ? report.accepted : report.rejected) {
        format_.dialect = report.dialect;
        format_.schema = report.schema;
    }

    Result<std::unique_ptr<RowStream>> open() const override {
        auto reader = TRY(make_csv_reader({format_.schema, format_.dialect, format_.limits}));
        std::unique_ptr<LateFlawStream> late;
        if (late_) late = TRY(late_->open());
        return std::make_unique<PartStream>(std::move(reader), TRY(origin_->open()), std::move(late), wanted_);
    }
    std::uint64_t rows() const override { return rows_; }

private:
    std::shared_ptr<const ByteOrigin> origin_; // shared with the other parts of the submission
    PartFormat format_;
    std::shared_ptr<const LateFlaws> late_; // shared with the report
    RowsWanted wanted_;
    std::uint64_t rows_; // for broken keys: at most
};

} // namespace

std::shared_ptr<const RowSource> make_part_rows(std::shared_ptr<const ByteOrigin> origin, PartFormat format,
                                                const CheckReport& report, RowsWanted wanted) {
    return std::make_shared<PartRows>(std::move(origin), std::move(format), report, wanted);
}

} // namespace inlet
