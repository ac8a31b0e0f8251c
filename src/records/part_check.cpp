// The check of a part: one feeding thread splits the bytes into chunks; the pool's threads (and the feeder, when it
// would have to wait) parse them; whoever finishes the next chunk in order merges it. At most a few chunks are under
// way, so memory does not grow with the file.
#include "records/part_check.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include <fmt/format.h>

#include "records/csv_reader.hpp"
#include "records/key_set.hpp"
#include "records/violation_text.hpp"

namespace inlet {

namespace {

constexpr std::uint64_t kKeySeed = 0x496E6C65744B6579;

// One rule of uniqueness: the primary key, or a field declared unique.
struct KeyRule {
    Rule rule = Rule::key_taken;
    std::uint32_t field = kWholeRecord;
    std::vector<std::size_t> columns;
    std::shared_ptr<KeySet> seen; // shared with the late flaws made from it
};

class RepeatedKeys final : public LateFlaws {
public:
    explicit RepeatedKeys(const KeyRule& rule) : rule_(rule) {}
    Result<std::unique_ptr<LateFlawStream>> open() const override {
        class Stream final : public LateFlawStream {
        public:
            Stream(std::unique_ptr<DuplicateStream> duplicates, const KeyRule& rule)
                : duplicates_(std::move(duplicates)), rule_(rule) {}
            Result<bool> next(LateFlaw& flaw) override {
                KeyDuplicate duplicate;
                if (!TRY(duplicates_->next(duplicate))) return false;
                flaw = {duplicate.order, rule_.rule, rule_.field, false, duplicate.first};
                return true;
            }

        private:
            std::unique_ptr<DuplicateStream> duplicates_;
            const KeyRule& rule_;
        };
        return std::make_unique<Stream>(TRY(rule_.seen->duplicates()), rule_);
    }
    std::uint64_t count() const override { return rule_.seen->duplicate_count(); }

private:
    KeyRule rule_;
};

struct Work {
    Chunk chunk;
    std::vector<LateFlaw> late;
    ParsedChunk parsed;
    RenderedChunk rendered;
};

// Goes through the part once.
class Pass {
public:
    Pass(RecordReader& reader, const CheckOptions& options, CheckOutputs outputs, std::vector<KeyRule>* keys,
         std::unique_ptr<LateFlawStream> late, const std::vector<std::uint64_t>& rows_before_known, ThreadPool& pool)
        : reader_(reader), options_(options), outputs_(outputs), keys_(keys), late_(std::move(late)),
          rows_before_known_(rows_before_known), pool_(pool), under_way_max_(2 * (pool.size() + 1)) {}

    Status run(ByteSource& bytes);

    CheckReport report;
    std::vector<std::uint64_t> rows_before; // by chunk
    std::vector<std::uint64_t> counts;      // [field][rule], see FlawList

private:
    void feed_all(ByteSource& bytes);
    Status begin_report();
    Status dispatch(Chunk chunk);
    Status late_flaws_of(std::uint64_t ordinal, std::vector<LateFlaw>& out);
    void work_one();
    void process(Work& work);
    void judge_keys(Work& work);
    void merge_in_order(std::unique_ptr<Work> work);
    Status merge(Work& work);
    void fail_with(Error error);
    bool failed() const { return stop_.load(std::memory_order_relaxed); }

    RecordReader& reader_;
    const CheckOptions& options_;
    CheckOutputs outputs_;
    std::vector<KeyRule>* keys_; // null: keys are not looked at
    std::unique_ptr<LateFlawStream> late_;
    std::optional<LateFlaw> next_late_;
    const std::vector<std::uint64_t>& rows_before_known_;
    ThreadPool& pool_;
    const std::size_t under_way_max_; // chunks taken from the reader and not merged yet

    std::atomic<bool> stop_{false};
    std::atomic<std::uint64_t> rejects_written_{0};
    std::atomic<std::uint64_t> errors_written_{0};
    std::atomic<std::size_t> violations_kept_{0};
    std::atomic<bool> keys_readable_{true};

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::unique_ptr<Work>> waiting_; // behind mutex_, as all below
    std::vector<std::unique_ptr<Work>> spare_;
    std::map<std::uint64_t, std::unique_ptr<Work>> done_; // parsed, before their turn
    std::size_t under_way_ = 0;
    std::size_t helpers_ = 0; // tasks given to the pool that have not returned
    std::uint64_t next_merge_ = 0;
    bool merging_ = false;
    std::optional<Error> error_;

    // Of the merging thread.
    std::uint64_t lines_before_ = 0;
    CsvFormat format_;
    bool rejects_begun_ = false;
    std::string line_;
};

void Pass::fail_with(Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    stop_ = true;
    changed_.notify_all();
}

Status Pass::begin_report() {
    report.schema = reader_.schema();
    report.dialect = reader_.dialect();
    format_ = {reader_.dialect().delimiter.value_or(','), reader_.dialect().quote_char.value_or('"')};
    lines_before_ = reader_.header_lines();
    counts.assign((report.schema.fields.size() + 1) * kRules, 0);
    report.file_ok = reader_.file_violations().empty();
    for (const Violation& violation : reader_.file_violations()) {
        ++report.errors_total;
        if (report.violations.size() < options_.violations_max) report.violations.push_back(violation);
        if (outputs_.errors != nullptr) {
            const std::string line = violation_json(violation) + "\n";
            TRY(outputs_.errors->write(line));
        }
    }
    violations_kept_ = report.violations.size();
    return {};
}

Status Pass::late_flaws_of(std::uint64_t ordinal, std::vector<LateFlaw>& out) {
    out.clear();
    if (!late_) return {};
    for (;;) {
        if (!next_late_) {
            LateFlaw flaw;
            if (!TRY(late_->next(flaw))) {
                late_.reset();
                return {};
            }
            next_late_ = flaw;
        }
        if (next_late_->order.value >> 32 != ordinal) return {};
        out.push_back(*next_late_);
        next_late_.reset();
    }
}

Status Pass::dispatch(Chunk chunk) {
    if (chunk.ordinal == 0) TRY(begin_report());
    std::unique_ptr<Work> work;
    for (;;) {
        std::unique_lock lock(mutex_);
        if (error_) return {};
        if (under_way_ < under_way_max_) {
            ++under_way_;
            if (!spare_.empty()) {
                work = std::move(spare_.back());
                spare_.pop_back();
            }
            break;
        }
        if (!waiting_.empty()) {
            lock.unlock();
            work_one();
        } else {
            changed_.wait(lock);
        }
    }
    if (!work) work = std::make_unique<Work>();
    TRY(late_flaws_of(chunk.ordinal, work->late));
    work->chunk = std::move(chunk);
    bool help = false;
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(work));
        help = helpers_ < pool_.size();
        helpers_ += help;
    }
    if (help) {
        pool_.submit([this] {
            for (;;) {
                {
                    const std::lock_guard lock(mutex_);
                    if (waiting_.empty()) {
                        --helpers_;
                        changed_.notify_all();
                        return;
                    }
                }
                work_one();
            }
        });
    }
    return {};
}

void Pass::work_one() {
    std::unique_ptr<Work> work;
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty()) return;
        work = std::move(waiting_.front());
        waiting_.pop_front();
    }
    if (!failed()) process(*work);
    merge_in_order(std::move(work));
}

// Keys that came before, as flaws; the others are remembered.
void Pass::judge_keys(Work& work) {
    RecordBatch& batch = work.parsed.batch;
    for (const LateFlaw& late : work.late) {
        const auto record = static_cast<std::uint32_t>(late.order.value & 0xFFFFFFFF);
        const std::uint32_t column = late.field == kWholeRecord ? 0 : reader_.column_of(late.field);
        work.parsed.flaws.add({record, late.field, column, late.rule, {}});
    }
    if (!work.late.empty()) {
        work.parsed.flaws.sort();
        batch.rejected = work.parsed.flaws.rejected();
        batch.rejected_count = batch.rejected.count();
    }
    if (batch.rejected_count > 0 && keys_readable_) {
        for (const std::size_t field : report.schema.primary_key) {
            const Column& column = batch.columns[field];
            const auto present = column.present.words();
            const auto rejected = batch.rejected.words();
            for (std::size_t i = 0; i < rejected.size(); ++i) {
                if ((rejected[i] & ~present[i]) != 0) keys_readable_ = false;
            }
        }
    }
    if (keys_ == nullptr) return;
    std::vector<KeyEntry> entries;
    for (KeyRule& rule : *keys_) {
        entries.clear();
        digest_keys(batch, rule.columns, kKeySeed, entries);
        if (auto added = rule.seen->add(entries); !added) return fail_with(std::move(added.error()));
    }
}

void Pass::process(Work& work) {
    const std::size_t kept = violations_kept_;
    RenderLimits limits;
    limits.violations = options_.violations_max - std::min(options_.violations_max, kept);
    limits.rejects = outputs_.rejects != nullptr && rejects_written_ < options_.rejects_max;
    limits.errors = outputs_.errors != nullptr && errors_written_ < options_.rejects_max;
    const bool all = limits.rejects || limits.errors;
    reader_.parse(work.chunk, work.parsed, all ? SIZE_MAX : limits.violations);
    judge_keys(work);
    if (work.parsed.batch.rejected_count == 0) {
        work.rendered.clear();
        return;
    }
    render(work.chunk, work.parsed, {report.schema, format_, work.late, rows_before_known_}, limits, work.rendered);
}

void Pass::merge_in_order(std::unique_ptr<Work> work) {
    std::unique_lock lock(mutex_);
    const std::uint64_t ordinal = work->chunk.ordinal;
    done_.emplace(ordinal, std::move(work));
    if (merging_) return; // that thread will come to it
    merging_ = true;
    while (!done_.empty() && done_.begin()->first == next_merge_) {
        std::unique_ptr<Work> next = std::move(done_.begin()->second);
        done_.erase(done_.begin());
        lock.unlock();
        if (!failed()) {
            if (auto merged = merge(*next); !merged) fail_with(std::move(merged.error()));
        }
        next->chunk.bytes.reset();
        next->parsed.batch.bytes.reset();
        lock.lock();
        ++next_merge_;
        --under_way_;
        spare_.push_back(std::move(next));
        changed_.notify_all();
    }
    merging_ = false;
}

Status Pass::merge(Work& work) {
    const RecordBatch& batch = work.parsed.batch;
    rows_before.push_back(report.rows);
    const RenderedChunk& rendered = work.rendered;
    for (const Violation& violation : rendered.violations) {
        if (report.violations.size() >= options_.violations_max) break;
        report.violations.push_back(violation);
        report.violations.back().row += report.rows + 1;
        report.violations.back().line += lines_before_ + 1;
    }
    violations_kept_ = report.violations.size();
    if (outputs_.errors != nullptr && !rendered.error_lines.empty()) {
        line_.clear();
        std::size_t at = 0;
        std::uint64_t written = errors_written_;
        for (const auto& error : rendered.error_lines) {
            if (written == options_.rejects_max) break;
            ++written;
            line_.append(rendered.error_text, at, error.head_end - at);
            fmt::format_to(std::back_inserter(line_), "{},\"line\":{},\"byte\":{}", report.rows + error.record + 1,
                           lines_before_ + error.line + 1, error.byte);
            line_.append(rendered.error_text, error.head_end, error.tail_end - error.head_end);
            at = error.tail_end;
        }
        errors_written_ = written;
        TRY(outputs_.errors->write(line_));
    }
    if (outputs_.rejects != nullptr && !rendered.reject_lines.empty()) {
        line_.clear();
        if (!rejects_begun_) {
            rejects_begun_ = true;
            for (const char* name : {"_row", "_code", "_field", "_message"}) {
                line_ += name;
                line_ += format_.delimiter;
            }
            if (!reader_.header_text().empty()) {
                line_ += reader_.header_text();
            } else {
                for (std::size_t i = 0; i < report.schema.fields.size(); ++i) {
                    if (i > 0) line_ += format_.delimiter;
                    append_csv_cell(line_, report.schema.fields[i].name, format_);
                }
            }
            line_ += '\n';
        }
        std::size_t at = 0;
        std::uint64_t written = rejects_written_;
        for (const auto& reject : rendered.reject_lines) {
            if (written == options_.rejects_max) break;
            ++written;
            fmt::format_to(std::back_inserter(line_), "{}", report.rows + reject.record + 1);
            line_.append(rendered.reject_text, at, reject.end - at);
            at = reject.end;
        }
        rejects_written_ = written;
        TRY(outputs_.rejects->write(line_));
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
        counts[i] += work.parsed.flaws.counts()[i];
        report.errors_total += work.parsed.flaws.counts()[i];
    }
    report.rows += batch.rows;
    report.rejected += batch.rejected_count;
    lines_before_ += work.parsed.line_feeds;
    return {};
}

void Pass::feed_all(ByteSource& bytes) {
    bool began = false;
    const auto take_all = [&]() -> Status {
        for (Chunk chunk; !failed() && reader_.take(chunk);) {
            began = true;
            TRY(dispatch(std::move(chunk)));
        }
        return {};
    };
    while (!failed()) {
        auto count = bytes.read(reader_.prepare());
        if (!count) return fail_with(std::move(count.error()));
        if (*count == 0) break;
        reader_.commit(*count);
        if (auto taken = take_all(); !taken) return fail_with(std::move(taken.error()));
    }
    if (failed()) return;
    reader_.finish();
    if (auto taken = take_all(); !taken) return fail_with(std::move(taken.error()));
    if (!began) { // no data record at all: the labels still have their say
        if (auto begun = begin_report(); !begun) return fail_with(std::move(begun.error()));
    }
}

Status Pass::run(ByteSource& bytes) {
    feed_all(bytes);
    std::unique_lock lock(mutex_);
    while (under_way_ > 0 || helpers_ > 0) {
        if (!waiting_.empty()) {
            lock.unlock();
            work_one();
            lock.lock();
        } else {
            changed_.wait(lock);
        }
    }
    if (error_) return fail(*error_);
    report.accepted = report.rows - report.rejected;
    report.rejected_keys_readable = keys_readable_;
    return {};
}

// Totals by code and field, most frequent first.
std::vector<ViolationCount> fold_counts(const Schema& schema, const std::vector<std::uint64_t>& counts,
                                        const std::vector<Violation>& of_file) {
    std::map<std::pair<FailureCode, std::string>, std::uint64_t> totals;
    for (const Violation& violation : of_file) ++totals[{violation.code, violation.field}];
    for (std::size_t slot = 0; slot * kRules < counts.size(); ++slot) {
        for (std::size_t rule = 0; rule < kRules; ++rule) {
            const std::uint64_t count = counts[slot * kRules + rule];
            if (count == 0) continue;
            std::string name;
            if (static_cast<Rule>(rule) == Rule::key_taken) {
                for (const std::size_t field : schema.primary_key)
                    name += (name.empty() ? "" : ",") + schema.fields[field].name;
            } else if (slot < schema.fields.size()) {
                name = schema.fields[slot].name;
            }
            totals[{code_of(static_cast<Rule>(rule)), name}] += count;
        }
    }
    std::vector<ViolationCount> result;
    for (const auto& [key, count] : totals) result.push_back({key.first, key.second, count});
    std::stable_sort(result.begin(), result.end(),
                     [](const ViolationCount& a, const ViolationCount& b) { return a.count > b.count; });
    return result;
}

Result<CheckReport> run_pass(ByteSource& bytes, const PartFormat& format, const CheckOptions& options,
                             OutputFactory* outputs, std::vector<KeyRule>* keys,
                             const std::shared_ptr<const LateFlaws>& late, std::vector<std::uint64_t>& rows_before,
                             ThreadPool& pool) {
    const auto reader = TRY(make_csv_reader({format.schema, format.dialect, format.limits}));
    CheckOutputs sinks;
    if (outputs != nullptr) sinks = TRY(outputs->begin());
    std::unique_ptr<LateFlawStream> stream;
    if (late) stream = TRY(late->open());
    const std::vector<std::uint64_t> known = rows_before;
    Pass pass(*reader, options, sinks, keys, std::move(stream), known, pool);
    TRY(pass.run(bytes));
    rows_before = std::move(pass.rows_before);
    pass.report.counts = fold_counts(pass.report.schema, pass.counts, reader->file_violations());
    pass.report.late = late;
    return std::move(pass.report);
}

} // namespace

Result<CheckReport> check_part(ByteSource* first, const ByteOrigin& again, const PartFormat& format,
                               const CheckOptions& options, OutputFactory* outputs,
                               std::shared_ptr<const LateFlaws> extra, ThreadPool& pool, Disk& disk) {
    std::vector<KeyRule> keys;
    if (!extra) {
        std::size_t unique_fields = 0;
        for (const Field& field : format.schema.fields) unique_fields += field.constraints.unique;
        const std::size_t sets = unique_fields + (options.repeated_keys && !format.schema.primary_key.empty());
        const auto add = [&](Rule rule, std::uint32_t field, std::vector<std::size_t> columns) {
            auto seen = std::make_shared<KeySet>(
                disk, KeySet::Options{fmt::format("{}/keys{}", options.spill_folder, keys.size()),
                                      options.key_memory_bytes / sets});
            keys.push_back({rule, field, std::move(columns), std::move(seen)});
        };
        if (options.repeated_keys && !format.schema.primary_key.empty())
            add(Rule::key_taken, kWholeRecord, format.schema.primary_key);
        for (std::size_t i = 0; i < format.schema.fields.size(); ++i) {
            const bool is_key = format.schema.primary_key.size() == 1 && format.schema.primary_key.front() == i &&
                                options.repeated_keys;
            if (format.schema.fields[i].constraints.unique && !is_key)
                add(Rule::unique, static_cast<std::uint32_t>(i), {i});
        }
    }
    std::vector<std::uint64_t> rows_before;
    std::unique_ptr<ByteSource> opened;
    if (first == nullptr) {
        opened = TRY(again.open());
        first = opened.get();
    }
    CheckReport report =
        TRY(run_pass(*first, format, options, outputs, keys.empty() ? nullptr : &keys, extra, rows_before, pool));
    std::vector<std::shared_ptr<const LateFlaws>> repeated;
    for (KeyRule& rule : keys) {
        TRY(rule.seen->finish(pool));
        if (rule.rule == Rule::key_taken) report.repeated_keys = rule.seen->duplicate_count();
        if (rule.seen->duplicate_count() > 0) repeated.push_back(std::make_shared<RepeatedKeys>(rule));
    }
    if (repeated.empty()) return report;
    const std::uint64_t repeated_keys = report.repeated_keys;
    const auto source = TRY(again.open());
    report = TRY(
        run_pass(*source, format, options, outputs, nullptr, merge_late_flaws(std::move(repeated)), rows_before, pool));
    report.repeated_keys = repeated_keys;
    return report;
}

} // namespace inlet
