// The warehouse itself: who may use which connection when. What is done on them stands in the files beside this one.
#include "warehouse/duckdb/duckdb_warehouse.hpp"

#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "base/commit_point.hpp"
#include "warehouse/duckdb/connection.hpp"
#include "warehouse/duckdb/diff.hpp"
#include "warehouse/duckdb/erasing.hpp"
#include "warehouse/duckdb/events.hpp"
#include "warehouse/duckdb/names.hpp"
#include "warehouse/duckdb/prune.hpp"
#include "warehouse/duckdb/publication.hpp"
#include "warehouse/duckdb/readers.hpp"
#include "warehouse/duckdb/reading.hpp"
#include "warehouse/duckdb/row_feed.hpp"
#include "warehouse/duckdb/store_file.hpp"
#include "warehouse/duckdb/tables.hpp"
#include "warehouse/duckdb/undo.hpp"
#include "warehouse/duckdb/user_query.hpp"

namespace inlet {

namespace {

using duck::Connection;
using duck::Instance;
using duck::StoredTable;
using duck::Tables;
using duck::Transaction;

class DuckdbWarehouse final : public Warehouse {
public:
    DuckdbWarehouse(DuckdbOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

    ~DuckdbWarehouse() override {
        writer_.reset();
        instance_.reset();
        file_.reset();
    }

    Status start() {
        const std::unique_lock lock(state_mutex_);
        return open_file();
    }

    Status define(const std::vector<Dataset>& datasets) override {
        const std::scoped_lock lock(writer_mutex_);
        return guarded([&]() -> Status {
            const auto standing = tables_snapshot();
            auto transaction = TRY(Transaction::begin(*writer_));
            TRY(duck::define_datasets(*writer_, *standing, datasets));
            commit_point("warehouse.define-written");
            return commit_with(transaction, TRY(duck::load_tables(*writer_)));
        });
    }

    Result<StageToken> stage(SubmissionId submission, const std::string& dataset, std::uint64_t batch,
                             std::uint32_t attempt, std::shared_ptr<const RowSource> rows) override {
        const auto tables = tables_snapshot();
        if (TRY(find_table(*tables, dataset))->model)
            return fail(FailureCode::unknown_dataset, fmt::format("`{}` is a model, not a dataset", dataset));
        const std::scoped_lock lock(staged_mutex_);
        StageToken token{fmt::format("{}/{}/{}/{}/{}", submission.value, dataset, batch, attempt, ++tokens_)};
        staged_[token.value] = duck::StagedBatch{submission, dataset, std::move(rows)};
        return token;
    }

    Status discard(SubmissionId submission) override {
        const std::scoped_lock lock(staged_mutex_);
        std::erase_if(staged_, [&](const auto& entry) { return entry.second.submission == submission; });
        return {};
    }

    Status discard_all() override {
        const std::scoped_lock lock(staged_mutex_);
        staged_.clear();
        return {};
    }

    Result<PublishOutcome> publish(const PublishRequest& request, PublishJudge& judge) override {
        const std::scoped_lock lock(writer_mutex_);
        return guarded([&]() -> Result<PublishOutcome> {
            const auto staged = copy_staged();
            Tables changed = *tables_snapshot();
            const duck::Means means{
                *writer_,
                feeds_,
                diffs_,
                {spill_folder(), options_.threads, options_.partition_bytes, options_.partition_memory_bytes},
                options_.join_bytes_max};
            duck::Publication publication(means, changed, staged, clock_, request, judge,
                                          [&](Transaction& transaction) { return commit_with(transaction, changed); });
            return publication.run();
        });
    }

    Result<UndoOutcome> undo(const UndoRequest& request) override {
        const std::scoped_lock lock(writer_mutex_);
        return guarded([&]() -> Result<UndoOutcome> {
            Tables changed = *tables_snapshot();
            return duck::undo_submissions(*writer_, changed, clock_, request,
                                          [&](Transaction& transaction) { return commit_with(transaction, changed); });
        });
    }

    Result<EraseOutcome> erase(const EraseRequest& request) override {
        const std::scoped_lock lock(writer_mutex_);
        return guarded([&]() -> Result<EraseOutcome> {
            Tables changed = *tables_snapshot();
            return duck::erase_rows(*writer_, changed, clock_, request,
                                    [&](Transaction& transaction) { return commit_with(transaction, changed); });
        });
    }

    Status compact() override {
        if (options_.path.empty()) return {};
        const std::scoped_lock lock(writer_mutex_);
        const std::unique_lock state(state_mutex_); // no reading begins
        TRY(readers_.wait_for_none());
        TRY(writer_->run("CHECKPOINT"));
        writer_.reset();
        instance_.reset();
        file_.reset();
        Status written = duck::rewrite_file(options_.path, options_.memory_bytes_max, options_.threads, spill_folder());
        TRY(open_file());
        return written;
    }

    Status copy_to(const std::string& path) override {
        if (options_.path.empty()) return fail(FailureCode::not_supported, "a warehouse in memory has no file to copy");
        const std::scoped_lock lock(writer_mutex_);
        // What readers keep from being folded in is copied as the log that it still is.
        (void)writer_->run("CHECKPOINT");
        if (!file_) file_ = TRY(duck::StoreFile::open(options_.path));
        return file_->copy_to(path, options_.memory_bytes_max, spill_folder());
    }

    Result<std::optional<Version>> published(SubmissionId submission, std::string_view dataset) override {
        const Reader reader = TRY(begin_reading());
        const std::string in = dataset.empty() ? "" : fmt::format(" AND dataset = {}", duck::quote_text(dataset));
        const std::int64_t number = TRY(reader.db->number(
            fmt::format("SELECT max(number) FROM _inlet.versions WHERE submission = {} AND kind <> 'model'{}",
                        submission.value, in)));
        return number == 0 ? std::nullopt : std::optional(Version(number));
    }

    Result<std::vector<VersionEntry>> versions(std::string_view dataset, std::size_t limit) override {
        const Reader reader = TRY(begin_reading());
        if (!dataset.empty()) TRY(find_table(*reader.tables, dataset));
        const std::string in = dataset.empty() ? "" : fmt::format("WHERE dataset = {} ", duck::quote_text(dataset));
        std::vector<VersionEntry> entries;
        const duck::Rows rows =
            TRY(reader.db->rows(fmt::format("SELECT number, epoch_us(published_at), dataset, submission, kind, "
                                            "inserted, updated, deleted, \"by\", array_to_string(undoes, ' ') "
                                            "FROM _inlet.versions {}ORDER BY number DESC, submission DESC, dataset {}",
                                            in, duck::limit_rows(limit))));
        for (const auto& row : rows) {
            VersionEntry entry;
            entry.number = Version(row[0].number);
            entry.published_at = row[1].number;
            entry.dataset = row[2].text;
            entry.submission = SubmissionId(row[3].number);
            entry.kind = row[4].text;
            entry.counts.inserted = static_cast<std::uint64_t>(row[5].number);
            entry.counts.updated = static_cast<std::uint64_t>(row[6].number);
            entry.counts.deleted = static_cast<std::uint64_t>(row[7].number);
            entry.by = row[8].text;
            entry.undoes = duck::parse_ids(row[9].text);
            entries.push_back(std::move(entry));
        }
        return entries;
    }

    Result<std::vector<TableInfo>> tables() override {
        const Reader reader = TRY(begin_reading());
        std::map<std::string, Version> changed;
        for (const auto& row :
             TRY(reader.db->rows("SELECT dataset, max(number) FROM _inlet.versions GROUP BY dataset"))) {
            changed[row[0].text] = Version(row[1].number);
        }
        std::vector<TableInfo> infos;
        for (const auto& [name, table] : *reader.tables) {
            TableInfo info;
            info.name = name;
            info.model = table.model;
            info.rows =
                static_cast<std::uint64_t>(TRY(reader.db->number("SELECT count(*) FROM " + duck::live_table(name))));
            info.version = changed[name];
            info.pruned_below = table.pruned_below;
            infos.push_back(std::move(info));
        }
        return infos;
    }

    Result<bool> undone(SubmissionId submission) override {
        const Reader reader = TRY(begin_reading());
        const duck::Events events = TRY(duck::Events::load(*reader.db));
        return events.find(submission) != nullptr && !events.active().contains(submission);
    }

    Result<std::vector<RowFlow>> row_flows(std::string_view dataset) override {
        const Reader reader = TRY(begin_reading());
        return duck::count_row_flows(*reader.db, *TRY(find_table(*reader.tables, dataset)));
    }

    Status read(std::string_view dataset, std::optional<Version> as_of, ResultSink& sink) override {
        const Reader reader = TRY(begin_reading());
        const StoredTable* table = TRY(find_table(*reader.tables, dataset));
        if (as_of) TRY(duck::check_as_of(*table, *as_of, reader.last));
        const duck::Reading reading =
            TRY(duck::prepare_reading(*reader.db, duck::select_as_of(*table, as_of), FailureCode::warehouse_failed));
        return duck::deliver(reading.statement.get(), reading.columns, FailureCode::warehouse_failed, sink);
    }

    Status find(std::string_view dataset, const RecordBatch& keys, ResultSink& sink) override {
        const Reader reader = TRY(begin_reading());
        const StoredTable* table = TRY(find_table(*reader.tables, dataset));
        return duck::find_rows(*reader.db, feeds_, *table, keys, sink);
    }

    Result<DiffSummary> diff(std::string_view dataset, Version a, Version b, std::size_t limit,
                             const std::function<void(const ChangedRow&)>& each) override {
        const Reader reader = TRY(begin_reading());
        const StoredTable* table = TRY(find_table(*reader.tables, dataset));
        TRY(duck::check_as_of(*table, a, reader.last));
        TRY(duck::check_as_of(*table, b, reader.last));
        return duck::diff_versions(*reader.db, *table, a, b, limit, each);
    }

    Result<std::uint64_t> prune(std::string_view dataset, Version version) override {
        const std::scoped_lock lock(writer_mutex_);
        return guarded([&]() -> Result<std::uint64_t> {
            Tables changed = *tables_snapshot();
            TRY(find_table(changed, dataset));
            auto transaction = TRY(Transaction::begin(*writer_));
            const std::uint64_t removed = TRY(duck::prune_table(*writer_, changed.find(dataset)->second, version));
            TRY(commit_with(transaction, changed));
            return removed;
        });
    }

    Result<std::uint64_t> prunable(std::string_view dataset, Version version) override {
        const Reader reader = TRY(begin_reading());
        const StoredTable* table = TRY(find_table(*reader.tables, dataset));
        return duck::count_prunable(*reader.db, *table, version, reader.last);
    }

    Status query(const std::string& sql, const std::vector<View>& views, std::optional<Version> as_of,
                 ResultSink& sink) override {
        const Reader reader = TRY(begin_reading());
        return duck::run_query(*reader.db, *reader.tables, reader.last, sql, views, as_of, sink);
    }

    Status query_to_parquet(const std::string& sql, const std::vector<View>& views, std::optional<Version> as_of,
                            const std::string& path) override {
        const Reader reader = TRY(begin_reading());
        return duck::run_query_to_parquet(*reader.db, *reader.tables, reader.last, sql, views, as_of, path,
                                          options_.memory_bytes_max);
    }

private:
    // A connection in a transaction of its own, and the tables as they are in it.
    struct Reader {
        duck::Readers::Pass pass; // given back once the connection is gone
        std::unique_ptr<Connection> db;
        std::optional<Transaction> transaction;
        std::shared_ptr<const Tables> tables;
        Version last;
    };

    Status open_file() {
        duck::InstanceOptions instance;
        instance.path = options_.path;
        instance.memory_bytes_max = options_.memory_bytes_max;
        instance.threads = options_.threads;
        instance.temp_folder = options_.temp_folder;
        instance.read_only = options_.read_only;
        instance_ = TRY(Instance::open(instance));
        writer_ = TRY(Connection::open(instance_));
        TRY(feeds_.install(*writer_, options_.threads));
        TRY(diffs_.install(*writer_));
        TRY(duck::prepare_file(*writer_, options_.read_only));
        tables_ = std::make_shared<const Tables>(TRY(duck::load_tables(*writer_)));
        return {};
    }

    std::shared_ptr<const Tables> tables_snapshot() const {
        const std::shared_lock lock(state_mutex_);
        return tables_;
    }

    static Result<const StoredTable*> find_table(const Tables& tables, std::string_view name) {
        const auto found = tables.find(name);
        if (found == tables.end())
            return fail(FailureCode::unknown_dataset, fmt::format("there is no dataset `{}`", name));
        return &found->second;
    }

    Result<Reader> begin_reading() {
        // A transaction sees what was committed when it first reads; the lock keeps the tables' shapes in step with
        // that.
        const std::shared_lock lock(state_mutex_);
        Reader reader{.pass = readers_.enter()};
        reader.db = TRY(Connection::open(instance_));
        reader.transaction.emplace(TRY(Transaction::begin(*reader.db, true)));
        reader.last = TRY(duck::last_version(*reader.db));
        reader.tables = tables_;
        return reader;
    }

    Status commit_with(Transaction& transaction, Tables tables) {
        auto next = std::make_shared<const Tables>(std::move(tables));
        const std::unique_lock lock(state_mutex_);
        TRY(transaction.commit());
        tables_ = std::move(next);
        return {};
    }

    std::string spill_folder() const {
        if (!options_.temp_folder.empty()) return options_.temp_folder;
        return options_.path.empty() ? std::filesystem::temp_directory_path().string()
                                     : std::filesystem::path(options_.path).parent_path().string();
    }

    duck::Staged copy_staged() {
        const std::scoped_lock lock(staged_mutex_);
        return staged_;
    }

    // Runs what writes; if DuckDB gave the instance up, opens the file anew, so that the next call finds a working one.
    template <class Work>
    auto guarded(const Work& work) -> decltype(work()) {
        auto done = work();
        if (!done && duck::is_fatal(done.error()) && !options_.path.empty()) {
            const std::unique_lock lock(state_mutex_);
            writer_.reset();
            instance_.reset();
            TRY(open_file());
        }
        return done;
    }

    const DuckdbOptions options_;
    const Clock& clock_;
    duck::FeedRegistry feeds_; // these outlive the instance, which calls them
    duck::DiffRegistry diffs_;

    std::mutex writer_mutex_;               // one change at a time; taken before the others
    std::unique_ptr<Connection> writer_;    // behind writer_mutex_
    std::unique_ptr<duck::StoreFile> file_; // behind writer_mutex_; opened by the first copy, outlives the instance
    duck::Readers readers_;

    mutable std::shared_mutex state_mutex_; // shared while a reading begins, exclusive at a commit
    std::shared_ptr<Instance> instance_;    // behind state_mutex_; shared with the connections
    std::shared_ptr<const Tables> tables_;  // behind state_mutex_; shared with the readings that began under it

    std::mutex staged_mutex_;
    duck::Staged staged_;      // behind staged_mutex_
    std::uint64_t tokens_ = 0; // behind staged_mutex_: given out so far
};

} // namespace

Result<std::unique_ptr<Warehouse>> open_duckdb_warehouse(DuckdbOptions options, const Clock& clock) {
    std::error_code ignored;
    if (options.read_only && !options.path.empty() && !std::filesystem::exists(options.path, ignored)) {
        return fail(FailureCode::file_not_found, "there is no warehouse at " + options.path);
    }
    auto warehouse = std::make_unique<DuckdbWarehouse>(std::move(options), clock);
    TRY(warehouse->start());
    return warehouse;
}

} // namespace inlet
