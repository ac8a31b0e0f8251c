// A warehouse that fails on command, for tests of what stands on it: the n-th call fails before it reaches the
// warehouse behind it, or after (it happened, and the answer got lost). With no fault set it is that warehouse. Floor
// 3, testing only; safe from many threads.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "warehouse/warehouse.hpp"

namespace inlet {

class FaultWarehouse : public Warehouse {
public:
    enum class Moment : std::uint8_t { before, after };

    explicit FaultWarehouse(Warehouse& behind) : behind_(behind) {}

    // The n-th call from now (1 is the next one) fails with the code; `repeat`: and every one after it. A call that
    // would have failed by itself keeps its own error.
    void fail_at(std::uint64_t n, FailureCode code, Moment moment, bool repeat = false);
    void heal();
    // The names of the calls since it was made, those that failed too: "publish", "undo" ...
    std::vector<std::string> calls() const;

    Status define(const std::vector<Dataset>& datasets) override;
    Result<StageToken> stage(SubmissionId submission, const std::string& dataset, std::uint64_t batch,
                             std::uint32_t attempt, std::shared_ptr<const RowSource> rows) override;
    Status discard(SubmissionId submission) override;
    Status discard_all() override;
    Result<PublishOutcome> publish(const PublishRequest& request, PublishJudge& judge) override;
    Result<UndoOutcome> undo(const UndoRequest& request) override;
    Result<EraseOutcome> erase(const EraseRequest& request) override;
    Status compact() override;
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
    Status copy_to(const std::string& path) override;
    Status query(const std::string& sql, const std::vector<View>& views, std::optional<Version> as_of,
                 ResultSink& sink) override;
    Status query_to_parquet(const std::string& sql, const std::vector<View>& views, std::optional<Version> as_of,
                            const std::string& path) override;

private:
    // Counts the call; the moment at which it fails, if it does.
    std::optional<Moment> count(std::string_view name);
    template <class Call>
    auto pass(std::string_view name, Call call) -> decltype(call());

    Warehouse& behind_;
    mutable std::mutex mutex_;
    std::vector<std::string> calls_;                   // behind mutex_
    std::uint64_t fail_in_ = 0;                        // behind mutex_; calls until the one that fails, 0: none
    bool repeat_ = false;                              // behind mutex_
    FailureCode code_ = FailureCode::warehouse_failed; // behind mutex_
    Moment moment_ = Moment::before;                   // behind mutex_
};

} // namespace inlet
