// The fixture of the suite; its tests stand in the conformance_*.cpp. They use the interface alone.
#include "warehouse/testing/conformance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace inlet {

void conformance_contracts();
void conformance_erasing();
void conformance_guards();
void conformance_models();
void conformance_reads();
void conformance_undo();
void conformance_undo_chains();
void conformance_unique();
void conformance_writes();

ConformanceFiles::ConformanceFiles() {
    conformance_contracts();
    conformance_erasing();
    conformance_guards();
    conformance_models();
    conformance_reads();
    conformance_undo();
    conformance_undo_chains();
    conformance_unique();
    conformance_writes();
}

namespace {

std::string text_of(const ChangeCounts& counts) {
    return fmt::format("{} {} {} {}", counts.inserted, counts.updated, counts.deleted, counts.unchanged);
}

} // namespace

std::vector<WarehouseFactory> warehouse_cases(const WarehouseFactory& factory) {
    return {factory, behind_faults(factory)};
}

std::string warehouse_case_name(const testing::TestParamInfo<WarehouseFactory>& info) { return info.param.name; }

WarehouseConformance::WarehouseConformance() : warehouse_(GetParam().open(clock_, folder_.path())) {}

void WarehouseConformance::SetUp() {
    define({make_dataset("people", "id:integer key, name:string, city:string"),
            make_dataset("log", "text:string, n:integer"),
            make_dataset("accounts", "id:integer key, email:string unique, n:integer")});
}

void WarehouseConformance::TearDown() {
    if (!GetParam().durable || HasFatalFailure()) return;
    const std::string before = dump(warehouse());
    reopen();
    EXPECT_EQ(dump(warehouse()), before) << "after closing and opening it again";
}

void WarehouseConformance::reopen() {
    CHECK(GetParam().durable);
    warehouse_.reset();
    warehouse_ = GetParam().open(clock_, folder_.path());
}

void WarehouseConformance::define(const std::vector<Dataset>& datasets) {
    const Status defined = warehouse().define(datasets);
    ASSERT_TRUE(defined) << to_string(defined.error());
    for (const Dataset& dataset : datasets) datasets_[dataset.name] = dataset;
}

PublishOutcome WarehouseConformance::publish(const std::vector<SubmissionText>& submissions, PublishJudge& judge,
                                             bool dry_run, std::size_t sample_rows) {
    PublishRequest request;
    request.by = "tester";
    request.dry_run = dry_run;
    request.sample_rows = sample_rows;
    for (const SubmissionText& submission : submissions) {
        auto staged = stage(warehouse(), datasets_, submission);
        EXPECT_TRUE(staged) << to_string(staged.error());
        if (staged) request.submissions.push_back(*staged);
    }
    auto outcome = warehouse().publish(request, judge);
    EXPECT_TRUE(outcome) << to_string(outcome.error());
    return outcome ? *outcome : PublishOutcome{};
}

PublishOutcome WarehouseConformance::publish(const std::vector<SubmissionText>& submissions) {
    ToldJudge judge;
    PublishOutcome outcome = publish(submissions, judge);
    for (const ToldJudge::Question& question : judge.questions()) ADD_FAILURE() << to_string(question);
    return outcome;
}

SubmissionOutcome WarehouseConformance::publish_one(const SubmissionText& submission) {
    const PublishOutcome outcome = publish({submission});
    if (outcome.submissions.size() != 1) {
        ADD_FAILURE() << "not one outcome";
        return {};
    }
    EXPECT_EQ(outcome.submissions[0].id, submission.id);
    return outcome.submissions[0];
}

Version WarehouseConformance::load(std::int64_t id, PartText part) {
    const PublishOutcome outcome = publish({{SubmissionId(id), {std::move(part)}, {}}});
    EXPECT_TRUE(outcome.version) << to_string(outcome);
    return outcome.version;
}

std::string WarehouseConformance::counts(std::int64_t id, PartText part) {
    const SubmissionOutcome outcome = publish_one({SubmissionId(id), {std::move(part)}, {}});
    if (outcome.reason) return told(*outcome.reason);
    return outcome.parts.size() == 1 ? text_of(outcome.parts[0].counts) : "not one part";
}

Result<UndoOutcome> WarehouseConformance::try_undo(std::int64_t id, const std::vector<std::int64_t>& targets,
                                                   bool cascade, bool dry_run) {
    UndoRequest request;
    request.id = SubmissionId(id);
    for (const std::int64_t target : targets) request.targets.emplace_back(target);
    request.cascade = cascade;
    request.by = "tester";
    request.dry_run = dry_run;
    return warehouse().undo(request);
}

UndoOutcome WarehouseConformance::undo(std::int64_t id, const std::vector<std::int64_t>& targets, bool cascade) {
    auto outcome = try_undo(id, targets, cascade);
    EXPECT_TRUE(outcome) << to_string(outcome.error());
    return outcome ? *outcome : UndoOutcome{};
}

std::string WarehouseConformance::undo_error(std::int64_t id, const std::vector<std::int64_t>& targets, bool cascade) {
    const std::string before = dump(warehouse());
    const auto outcome = try_undo(id, targets, cascade);
    if (outcome) return "ok";
    EXPECT_EQ(dump(warehouse()), before);
    return told(outcome.error());
}

Lines WarehouseConformance::stored(const std::string& dataset, std::optional<Version> as_of) {
    RowCollector rows;
    const Status read = warehouse().read(dataset, as_of, rows);
    if (!read) return {std::string(failure_info(read.error().code).code)};
    EXPECT_TRUE(rows.begun());
    return rows.sorted();
}

Lines WarehouseConformance::rows(const std::string& dataset, std::optional<Version> as_of) {
    RowCollector rows;
    const Status read = warehouse().read(dataset, as_of, rows);
    if (!read) return {std::string(failure_info(read.error().code).code)};
    return rows.sorted_without_last(2);
}

Lines WarehouseConformance::owned(const std::string& dataset) {
    RowCollector rows;
    const Status read = warehouse().read(dataset, std::nullopt, rows);
    if (!read) return {std::string(failure_info(read.error().code).code)};
    Lines out;
    for (TextCells cells : rows.rows()) {
        cells.erase(cells.end() - 2);
        out.push_back(to_string(cells));
    }
    std::sort(out.begin(), out.end());
    return out;
}

Lines WarehouseConformance::diff(const std::string& dataset, std::int64_t a, std::int64_t b, std::size_t limit) {
    Lines out;
    const auto summary = warehouse().diff(dataset, Version(a), Version(b), limit,
                                          [&](const ChangedRow& row) { out.push_back(to_string(row)); });
    if (!summary) return {std::string(failure_info(summary.error().code).code)};
    EXPECT_EQ(summary->dataset, dataset);
    out.push_back(text_of(summary->counts));
    return out;
}

Lines WarehouseConformance::versions(const std::string& dataset, std::size_t limit) {
    const auto lines = warehouse().versions(dataset, limit);
    if (!lines) return {std::string(failure_info(lines.error().code).code)};
    Lines out;
    for (const VersionEntry& line : *lines) out.push_back(to_string(line));
    return out;
}

namespace {

PartText part_of(const std::string& dataset, Effect effect, std::string_view rows, DeletePolicy policy = {}) {
    PartText part;
    part.dataset = dataset;
    part.effect = effect;
    part.rows = parse_rows(rows);
    part.deletes = policy;
    return part;
}

} // namespace

PartText append(const std::string& dataset, std::string_view rows) { return part_of(dataset, Effect::append, rows); }
PartText upsert(const std::string& dataset, std::string_view rows) { return part_of(dataset, Effect::upsert, rows); }

PartText replace(const std::string& dataset, std::string_view rows, DeletePolicy policy) {
    return part_of(dataset, Effect::replace, rows, policy);
}

PartText sync(const std::string& dataset, std::string_view rows, DeletePolicy policy) {
    policy.policy = DeletePolicy::Policy::missing;
    return part_of(dataset, Effect::sync, rows, policy);
}

PartText delete_missing(const std::string& dataset, std::string_view rows, std::optional<Version> before) {
    PartText part = part_of(dataset, Effect::delete_missing, rows);
    part.delete_before = before;
    return part;
}

} // namespace inlet
