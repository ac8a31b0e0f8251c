// See fault_warehouse.hpp.
#include "warehouse/testing/fault_warehouse.hpp"

#include <utility>

namespace inlet {

void FaultWarehouse::fail_at(std::uint64_t n, FailureCode code, Moment moment, bool repeat) {
    CHECK(n > 0);
    const std::lock_guard lock(mutex_);
    fail_in_ = n;
    code_ = code;
    moment_ = moment;
    repeat_ = repeat;
}

void FaultWarehouse::heal() {
    const std::lock_guard lock(mutex_);
    fail_in_ = 0;
}

std::vector<std::string> FaultWarehouse::calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
}

std::optional<FaultWarehouse::Moment> FaultWarehouse::count(std::string_view name) {
    const std::lock_guard lock(mutex_);
    calls_.emplace_back(name);
    if (fail_in_ == 0) return std::nullopt;
    if (fail_in_ > 1) {
        --fail_in_;
        return std::nullopt;
    }
    if (!repeat_) fail_in_ = 0;
    return moment_;
}

template <class Call>
auto FaultWarehouse::pass(std::string_view name, Call call) -> decltype(call()) {
    const std::optional<Moment> fault = count(name);
    const auto lost = [&] {
        const std::lock_guard lock(mutex_);
        return fail(Error(code_, "a fault that a test asked for").with("call", std::string(name)));
    };
    if (fault == Moment::before) return lost();
    auto result = call();
    if (fault == Moment::after && result) return lost();
    return result;
}

Status FaultWarehouse::define(const std::vector<Dataset>& datasets) {
    return pass("define", [&] { return behind_.define(datasets); });
}

Result<StageToken> FaultWarehouse::stage(SubmissionId submission, const std::string& dataset, std::uint64_t batch,
                                         std::uint32_t attempt, std::shared_ptr<const RowSource> rows) {
    return pass("stage", [&] { return behind_.stage(submission, dataset, batch, attempt, std::move(rows)); });
}

Status FaultWarehouse::discard(SubmissionId submission) {
    return pass("discard", [&] { return behind_.discard(submission); });
}

Status FaultWarehouse::discard_all() {
    return pass("discard_all", [&] { return behind_.discard_all(); });
}

Result<PublishOutcome> FaultWarehouse::publish(const PublishRequest& request, PublishJudge& judge) {
    return pass("publish", [&] { return behind_.publish(request, judge); });
}

Result<UndoOutcome> FaultWarehouse::undo(const UndoRequest& request) {
    return pass("undo", [&] { return behind_.undo(request); });
}

Result<EraseOutcome> FaultWarehouse::erase(const EraseRequest& request) {
    return pass("erase", [&] { return behind_.erase(request); });
}

Status FaultWarehouse::compact() {
    return pass("compact", [&] { return behind_.compact(); });
}

Result<std::optional<Version>> FaultWarehouse::published(SubmissionId submission, std::string_view dataset) {
    return pass("published", [&] { return behind_.published(submission, dataset); });
}

Result<std::vector<VersionEntry>> FaultWarehouse::versions(std::string_view dataset, std::size_t limit) {
    return pass("versions", [&] { return behind_.versions(dataset, limit); });
}

Result<std::vector<TableInfo>> FaultWarehouse::tables() {
    return pass("tables", [&] { return behind_.tables(); });
}

Result<bool> FaultWarehouse::undone(SubmissionId submission) {
    return pass("undone", [&] { return behind_.undone(submission); });
}

Result<std::vector<RowFlow>> FaultWarehouse::row_flows(std::string_view dataset) {
    return pass("row_flows", [&] { return behind_.row_flows(dataset); });
}

Status FaultWarehouse::read(std::string_view dataset, std::optional<Version> as_of, ResultSink& sink) {
    return pass("read", [&] { return behind_.read(dataset, as_of, sink); });
}

Status FaultWarehouse::find(std::string_view dataset, const RecordBatch& keys, ResultSink& sink) {
    return pass("find", [&] { return behind_.find(dataset, keys, sink); });
}

Result<DiffSummary> FaultWarehouse::diff(std::string_view dataset, Version a, Version b, std::size_t limit,
                                         const std::function<void(const ChangedRow&)>& each) {
    return pass("diff", [&] { return behind_.diff(dataset, a, b, limit, each); });
}

Result<std::uint64_t> FaultWarehouse::prune(std::string_view dataset, Version version) {
    return pass("prune", [&] { return behind_.prune(dataset, version); });
}

Result<std::uint64_t> FaultWarehouse::prunable(std::string_view dataset, Version version) {
    return pass("prunable", [&] { return behind_.prunable(dataset, version); });
}

Status FaultWarehouse::copy_to(const std::string& path) {
    return pass("copy_to", [&] { return behind_.copy_to(path); });
}

Status FaultWarehouse::query(const std::string& sql, const std::vector<View>& views, std::optional<Version> as_of,
                             ResultSink& sink) {
    return pass("query", [&] { return behind_.query(sql, views, as_of, sink); });
}

Status FaultWarehouse::query_to_parquet(const std::string& sql, const std::vector<View>& views,
                                        std::optional<Version> as_of, const std::string& path) {
    return pass("query_to_parquet", [&] { return behind_.query_to_parquet(sql, views, as_of, path); });
}

} // namespace inlet
