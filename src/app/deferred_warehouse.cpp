// Each call passes through to the warehouse behind it.
#include "app/deferred_warehouse.hpp"

#include <mutex>
#include <optional>
#include <utility>

namespace inlet {

namespace {

class DeferredWarehouse final : public Warehouse {
public:
    explicit DeferredWarehouse(std::function<Result<Warehouse*>()> open) : open_(std::move(open)) {}

    Status define(const std::vector<Dataset>& datasets) override { return TRY(behind())->define(datasets); }
    Result<StageToken> stage(SubmissionId submission, const std::string& dataset, std::uint64_t batch,
                             std::uint32_t attempt, std::shared_ptr<const RowSource> rows) override {
        return TRY(behind())->stage(submission, dataset, batch, attempt, std::move(rows));
    }
    Status discard(SubmissionId submission) override { return TRY(behind())->discard(submission); }
    Status discard_all() override { return TRY(behind())->discard_all(); }
    Result<PublishOutcome> publish(const PublishRequest& request, PublishJudge& judge) override {
        return TRY(behind())->publish(request, judge);
    }
    Result<UndoOutcome> undo(const UndoRequest& request) override { return TRY(behind())->undo(request); }
    Result<EraseOutcome> erase(const EraseRequest& request) override { return TRY(behind())->erase(request); }
    Status compact() override { return TRY(behind())->compact(); }
    Result<std::optional<Version>> published(SubmissionId submission, std::string_view dataset) override {
        return TRY(behind())->published(submission, dataset);
    }
    Result<std::vector<VersionEntry>> versions(std::string_view dataset, std::size_t limit) override {
        return TRY(behind())->versions(dataset, limit);
    }
    Result<std::vector<TableInfo>> tables() override { return TRY(behind())->tables(); }
    Result<bool> undone(SubmissionId submission) override { return TRY(behind())->undone(submission); }
    Result<std::vector<RowFlow>> row_flows(std::string_view dataset) override {
        return TRY(behind())->row_flows(dataset);
    }
    Status read(std::string_view dataset, std::optional<Version> as_of, ResultSink& sink) override {
        return TRY(behind())->read(dataset, as_of, sink);
    }
    Status find(std::string_view dataset, const RecordBatch& keys, ResultSink& sink) override {
        return TRY(behind())->find(dataset, keys, sink);
    }
    Result<DiffSummary> diff(std::string_view dataset, Version a, Version b, std::size_t limit,
                             const std::function<void(const ChangedRow&)>& each) override {
        return TRY(behind())->diff(dataset, a, b, limit, each);
    }
    Result<std::uint64_t> prune(std::string_view dataset, Version version) override {
        return TRY(behind())->prune(dataset, version);
    }
    Result<std::uint64_t> prunable(std::string_view dataset, Version version) override {
        return TRY(behind())->prunable(dataset, version);
    }
    Status copy_to(const std::string& path) override { return TRY(behind())->copy_to(path); }
    Status query(const std::string& sql, const std::vector<View>& views, std::optional<Version> as_of,
                 ResultSink& sink) override {
        return TRY(behind())->query(sql, views, as_of, sink);
    }
    Status query_to_parquet(const std::string& sql, const std::vector<View>& views, std::optional<Version> as_of,
                            const std::string& path) override {
        return TRY(behind())->query_to_parquet(sql, views, as_of, path);
    }

private:
    Result<Warehouse*> behind() {
        const std::lock_guard lock(mutex_);
        if (!opened_) opened_ = open_();
        return *opened_;
    }

    std::mutex mutex_;
    std::function<Result<Warehouse*>()> open_; // behind mutex_
    std::optional<Result<Warehouse*>> opened_; // behind mutex_
};

} // namespace

std::unique_ptr<Warehouse> make_deferred_warehouse(std::function<Result<Warehouse*>()> open) {
    return std::make_unique<DeferredWarehouse>(std::move(open));
}

} // namespace inlet
