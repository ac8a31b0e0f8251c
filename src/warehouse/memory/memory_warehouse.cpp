// See memory_warehouse.hpp.
#include "warehouse/memory/memory_warehouse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "warehouse/memory/erasing.hpp"
#include "warehouse/memory/publishing.hpp"
#include "warehouse/memory/state.hpp"
#include "warehouse/memory/undoing.hpp"

namespace inlet {

namespace {

using memory::Cells;
using memory::Event;
using memory::Row;
using memory::State;
using memory::Table;

void add_own_columns(std::vector<ResultColumn>& columns) {
    columns.push_back({"_version", ResultKind::int64});
    columns.push_back({"_submission", ResultKind::int64});
}

// The rows as read() gives them, under the columns of a revision.
std::vector<Cells> as_read(const Table& table, const std::vector<ResultColumn>& columns, const std::vector<Row>& rows) {
    std::vector<std::size_t> places;
    for (const ResultColumn& column : columns) {
        const auto same = [&](const ResultColumn& other) { return other.name == column.name; };
        const auto at = std::find_if(table.columns.begin(), table.columns.end(), same);
        CHECK(at != table.columns.end());
        places.push_back(static_cast<std::size_t>(at - table.columns.begin()));
    }
    std::vector<Cells> out;
    for (const Row& row : rows) {
        Cells cells;
        for (const std::size_t place : places) cells.push_back((*row.cells)[place]);
        cells.emplace_back(row.version.value);
        cells.emplace_back(row.submission.value);
        out.push_back(std::move(cells));
    }
    return out;
}

bool same_columns(const std::vector<ResultColumn>& a, const std::vector<ResultColumn>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const ResultColumn& x, const ResultColumn& y) {
        return x.name == y.name && x.kind == y.kind;
    });
}

Status no_sql() { return fail(FailureCode::query_invalid, "the warehouse in memory has no SQL"); }

class MemoryWarehouse final : public Warehouse {
public:
    MemoryWarehouse(const Clock& clock, ModelFunction models) : clock_(clock), models_(std::move(models)) {}

    Status define(const std::vector<Dataset>& datasets) override;
    Result<StageToken> stage(SubmissionId submission, const std::string& dataset, std::uint64_t batch,
                             std::uint32_t attempt, std::shared_ptr<const RowSource> rows) override;
    Status discard(SubmissionId submission) override;
    Status discard_all() override;
    Result<PublishOutcome> publish(const PublishRequest& request, PublishJudge& judge) override;
    Result<UndoOutcome> undo(const UndoRequest& request) override;
    Result<EraseOutcome> erase(const EraseRequest& request) override;
    Status compact() override { return {}; } // it has no files
    Result<std::optional<Version>> published(SubmissionId submission, std::string_view dataset) override;
    Result<std::vector<VersionEntry>> versions(std::string_view dataset, std::size_t limit) override;
    Result<std::vector<TableInfo>> tables() override;
    Result<bool> undone(SubmissionId submission) override;
    Result<std::vector<RowFlow>> row_flows(std::string_view dataset) override;
    Status read(std::string_view dataset, std::optional<Version> as_of, ResultSink& sink) override;
    Status find(std::string_view dataset, const RecordBatch& keys, ResultSink& sink) override;
    Result<DiffSummary> diff(std::string_view dataset, Version a, Version b, std::size_t limit,
                             const std::function<void(const ChangedRow&)>& each) override;
    Result<std::uint64_t> prune(std::string_view dataset, Version version) override;
    Result<std::uint64_t> prunable(std::string_view dataset, Version version) override;
    Status copy_to(const std::string&) override {
        return fail(FailureCode::not_supported, "a warehouse in memory has no file to copy");
    }
    Status query(const std::string&, const std::vector<View>&, std::optional<Version>, ResultSink&) override {
        return no_sql();
    }
    Status query_to_parquet(const std::string&, const std::vector<View>&, std::optional<Version>,
                            const std::string&) override {
        return no_sql();
    }

private:
    Result<std::vector<ModelOutcome>> compute(State& next, const std::vector<Model>& models, Version version,
                                              const std::string& by) const;
    // Times the version and, unless it is dry, puts the new state in the place of the old one.
    void commit(State next, Version version, bool dry_run);

    const Clock& clock_;
    const ModelFunction models_;

    std::mutex mutex_;
    State state_;              // behind mutex_
    memory::Staged staged_;    // behind mutex_
    std::uint64_t tokens_ = 0; // behind mutex_
};

Status MemoryWarehouse::define(const std::vector<Dataset>& datasets) {
    const std::lock_guard lock(mutex_);
    State next = state_;
    for (const Dataset& dataset : datasets) TRY(memory::define(next, dataset));
    state_ = std::move(next);
    return {};
}

Result<StageToken> MemoryWarehouse::stage(SubmissionId submission, const std::string& dataset, std::uint64_t batch,
                                          std::uint32_t attempt, std::shared_ptr<const RowSource> rows) {
    const std::lock_guard lock(mutex_);
    if (TRY(state_.table(dataset))->model) {
        return fail(FailureCode::unknown_dataset, fmt::format("`{}` is a model, not a dataset", dataset));
    }
    const StageToken token{fmt::format("{}.{}.{}.{}.{}", submission.value, dataset, batch, attempt, ++tokens_)};
    staged_[token] = {submission, dataset, std::move(rows)};
    return token;
}

Status MemoryWarehouse::discard(SubmissionId submission) {
    const std::lock_guard lock(mutex_);
    std::erase_if(staged_, [&](const auto& entry) { return entry.second.submission == submission; });
    return {};
}

Status MemoryWarehouse::discard_all() {
    const std::lock_guard lock(mutex_);
    staged_.clear();
    return {};
}

Result<PublishOutcome> MemoryWarehouse::publish(const PublishRequest& request, PublishJudge& judge) {
    const std::lock_guard lock(mutex_);
    State next = state_;
    const Version version(state_.last.value + 1);
    PublishOutcome outcome;
    for (const PublishSubmission& submission : request.submissions) {
        outcome.submissions.push_back(
            TRY(publish_one(next, submission, version, staged_, judge, request.by, request.sample_rows)));
    }
    if (next.lines.size() == state_.lines.size()) return outcome;
    outcome.models = TRY(compute(next, request.models, version, request.by));
    commit(std::move(next), version, request.dry_run);
    if (!request.dry_run) outcome.version = version;
    return outcome;
}

Result<UndoOutcome> MemoryWarehouse::undo(const UndoRequest& request) {
    const std::lock_guard lock(mutex_);
    State next = state_;
    const Version version(state_.last.value + 1);
    UndoOutcome outcome = TRY(memory::undo(next, request, version));
    outcome.models = TRY(compute(next, request.models, version, request.by));
    commit(std::move(next), version, request.dry_run);
    if (!request.dry_run) outcome.version = version;
    return outcome;
}

Result<EraseOutcome> MemoryWarehouse::erase(const EraseRequest& request) {
    const std::lock_guard lock(mutex_);
    State next = state_;
    const Version version(state_.last.value + 1);
    EraseOutcome outcome = TRY(memory::erase(next, request, version));
    outcome.models = TRY(compute(next, request.models, version, request.by));
    memory::forget_history(next, request.models, version);
    commit(std::move(next), version, request.dry_run);
    if (!request.dry_run) outcome.version = version;
    return outcome;
}

void MemoryWarehouse::commit(State next, Version version, bool dry_run) {
    if (dry_run) return;
    next.last = version;
    next.last_at = std::max(clock_.now(), state_.last_at);
    for (VersionEntry& line : next.lines) {
        if (line.number == version) line.published_at = next.last_at;
    }
    state_ = std::move(next);
}

Result<std::vector<ModelOutcome>> MemoryWarehouse::compute(State& next, const std::vector<Model>& models,
                                                           Version version, const std::string& by) const {
    std::vector<ModelOutcome> outcomes;
    for (const Model& model : models) {
        if (!models_)
            return fail(FailureCode::not_supported, "the warehouse in memory has no SQL to compute models by");
        std::map<std::string, MemoryTable> tables;
        for (const auto& [name, table] : next.tables) {
            MemoryTable& out = tables[name];
            out.columns = table.columns;
            add_own_columns(out.columns);
            out.rows = as_read(table, table.columns, table.live);
        }
        const MemoryTable result = TRY(models_(model, tables));
        Table& table = next.tables[model.name];
        if (!table.name.empty() && !table.model) {
            return fail(FailureCode::bad_argument,
                        fmt::format("`{}` is a dataset; a model needs another name", model.name));
        }
        if (table.revisions.empty() || !same_columns(table.columns, result.columns)) {
            const bool from_the_first = table.revisions.empty() && version == Version(1);
            table = {};
            table.name = model.name;
            table.model = true;
            table.columns = result.columns;
            table.revisions.push_back({version, result.columns});
            if (!from_the_first) table.pruned_below = version;
        }
        table.key.clear();
        for (const std::string& name : model.primary_key) {
            const auto same = [&](const ResultColumn& column) { return column.name == name; };
            const auto at = std::find_if(table.columns.begin(), table.columns.end(), same);
            if (at == table.columns.end()) {
                return fail(FailureCode::model_failed,
                            fmt::format("the key `{}` of model `{}` is no column of its result", name, model.name));
            }
            table.key.push_back(static_cast<std::size_t>(at - table.columns.begin()));
        }
        std::vector<Row> fresh;
        for (const Cells& cells : result.rows) {
            fresh.push_back({std::make_shared<const Cells>(cells), version, SubmissionId(0)});
        }
        const std::vector<memory::RowChange> changes = difference(table, table.live, fresh);
        std::set<std::size_t> ended;
        for (const memory::RowChange& change : changes) {
            for (std::size_t i = 0; change.before && i < table.live.size(); ++i) {
                if (table.live[i].cells != change.before) continue; // the very row, not one that equals it
                ended.insert(i);
            }
        }
        table.end(ended, version, SubmissionId(0));
        for (const memory::RowChange& change : changes) {
            if (change.after) table.insert(change.after, version, SubmissionId(0));
        }
        outcomes.push_back({model.name, count(changes)});
        if (changes.empty()) continue;
        VersionEntry line;
        line.number = version;
        line.dataset = model.name;
        line.kind = "model";
        line.counts = outcomes.back().counts;
        line.by = by;
        next.lines.push_back(std::move(line));
    }
    return outcomes;
}

Result<std::optional<Version>> MemoryWarehouse::published(SubmissionId submission, std::string_view dataset) {
    const std::lock_guard lock(mutex_);
    const Event* event = state_.event(submission);
    if (event == nullptr) return memory::erased_at(state_, submission, dataset);
    if (!dataset.empty() && !event->settled.contains(std::string(dataset))) return std::nullopt;
    return event->version;
}

Result<std::vector<VersionEntry>> MemoryWarehouse::versions(std::string_view dataset, std::size_t limit) {
    const std::lock_guard lock(mutex_);
    if (!dataset.empty()) TRY(state_.table(dataset));
    std::vector<VersionEntry> out;
    for (const VersionEntry& line : state_.lines) {
        if (dataset.empty() || line.dataset == dataset) out.push_back(line);
    }
    std::sort(out.begin(), out.end(), [](const VersionEntry& a, const VersionEntry& b) {
        return std::tuple(b.number, b.submission, a.dataset) < std::tuple(a.number, a.submission, b.dataset);
    });
    out.resize(std::min(out.size(), limit));
    return out;
}

Result<std::vector<TableInfo>> MemoryWarehouse::tables() {
    const std::lock_guard lock(mutex_);
    std::vector<TableInfo> out;
    for (const auto& [name, table] : state_.tables) {
        TableInfo info{name, table.model, table.live.size(), Version(0), table.pruned_below};
        for (const VersionEntry& line : state_.lines) {
            if (line.dataset == name) info.version = line.number;
        }
        out.push_back(std::move(info));
    }
    return out;
}

Result<bool> MemoryWarehouse::undone(SubmissionId submission) {
    const std::lock_guard lock(mutex_);
    return state_.event(submission) != nullptr && !memory::active(state_.events).contains(submission);
}

Result<std::vector<RowFlow>> MemoryWarehouse::row_flows(std::string_view dataset) {
    const std::lock_guard lock(mutex_);
    const Table& table = *TRY(state_.table(dataset));
    std::map<Version, RowFlow> flows;
    for (const Row& row : table.live) ++flows[row.version].came;
    for (const memory::PastRow& old : table.past) {
        if (old.until == old.row.version) continue;
        ++flows[old.row.version].came;
        ++flows[old.until].went;
    }
    std::vector<RowFlow> out;
    for (auto& [version, flow] : flows) {
        flow.version = version;
        out.push_back(flow);
    }
    return out;
}

Status MemoryWarehouse::read(std::string_view dataset, std::optional<Version> as_of, ResultSink& sink) {
    std::unique_lock lock(mutex_);
    const Table& table = *TRY(state_.table(dataset));
    if (as_of) TRY(state_.readable(table, *as_of));
    std::vector<ResultColumn> columns = as_of ? table.revision_at(*as_of).columns : table.columns;
    const std::vector<Cells> rows = as_read(table, columns, as_of ? table.as_of(*as_of) : table.live);
    lock.unlock(); // the sink may call back
    add_own_columns(columns);
    return memory::send(columns, rows, sink);
}

Status MemoryWarehouse::find(std::string_view dataset, const RecordBatch& keys, ResultSink& sink) {
    std::unique_lock lock(mutex_);
    const Table& table = *TRY(state_.table(dataset));
    if (table.key.empty() || keys.columns.size() != table.key.size()) {
        return fail(FailureCode::bad_argument, fmt::format("the primary key of `{}` has {} fields, and {} were given",
                                                           dataset, table.key.size(), keys.columns.size()));
    }
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < keys.columns.size(); ++i) positions.push_back(i);
    std::set<Cells> wanted;
    for (std::size_t i = 0; i < keys.rows; ++i) {
        if (!keys.rejected.test(i)) wanted.insert(memory::read_cells(keys, i, positions));
    }
    std::vector<Row> found;
    for (const Row& row : table.live) {
        if (wanted.contains(table.key_of(*row.cells))) found.push_back(row);
    }
    std::vector<ResultColumn> columns = table.columns;
    const std::vector<Cells> rows = as_read(table, columns, found);
    lock.unlock(); // the sink may call back
    add_own_columns(columns);
    return memory::send(columns, rows, sink);
}

Result<DiffSummary> MemoryWarehouse::diff(std::string_view dataset, Version a, Version b, std::size_t limit,
                                          const std::function<void(const ChangedRow&)>& each) {
    std::unique_lock lock(mutex_);
    const Table table = *TRY(state_.table(dataset));
    TRY(state_.readable(table, a));
    TRY(state_.readable(table, b));
    lock.unlock(); // `each` may call back
    const std::vector<memory::RowChange> changes = difference(table, table.as_of(a), table.as_of(b));
    for (std::size_t i = 0; i < std::min(limit, changes.size()); ++i) each(to_text(table, changes[i]));
    return DiffSummary{std::string(dataset), count(changes)};
}

Result<std::uint64_t> MemoryWarehouse::prune(std::string_view dataset, Version version) {
    const std::lock_guard lock(mutex_);
    TRY(state_.table(dataset));
    Table& table = state_.tables.find(dataset)->second;
    if (version.value < 0 || version > state_.last) TRY(state_.readable(table, version));
    if (version <= table.pruned_below) return 0;
    std::erase_if(table.touches, [&](const memory::Touch& touch) { return touch.version <= version; });
    const std::size_t removed =
        std::erase_if(table.past, [&](const memory::PastRow& old) { return old.until <= version; });
    table.pruned_below = version;
    return removed;
}

Result<std::uint64_t> MemoryWarehouse::prunable(std::string_view dataset, Version version) {
    const std::lock_guard lock(mutex_);
    const Table& table = *TRY(state_.table(dataset));
    if (version.value < 0 || version > state_.last) TRY(state_.readable(table, version));
    if (version <= table.pruned_below) return 0;
    return std::ranges::count_if(table.past, [&](const memory::PastRow& old) { return old.until <= version; });
}

} // namespace

std::unique_ptr<Warehouse> make_memory_warehouse(const Clock& clock, ModelFunction models) {
    return std::make_unique<MemoryWarehouse>(clock, std::move(models));
}

} // namespace inlet
