// What every warehouse must do, as tests: docs/versions.md rule by rule. An implementation's test file instantiates the
// suite:
//
//     INSTANTIATE_TEST_SUITE_P(Memory, WarehouseConformance, testing::ValuesIn(warehouse_cases(factory)),
//                              warehouse_case_name);
//
// Floor 3, testing only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "warehouse/testing/rows.hpp"
#include "warehouse/testing/submissions.hpp"
#include "warehouse/testing/warehouse_factory.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

// The warehouse as it is, and behind the fault wrapper with no faults.
std::vector<WarehouseFactory> warehouse_cases(const WarehouseFactory& factory);
std::string warehouse_case_name(const testing::TestParamInfo<WarehouseFactory>& info);

class WarehouseConformance : public testing::TestWithParam<WarehouseFactory> {
protected:
    WarehouseConformance();
    // Every test finds these datasets, empty:
    //   people: id:integer key, name:string, city:string
    //   log: text:string, n:integer
    //   accounts: id:integer key, email:string unique, n:integer
    void SetUp() override;
    void TearDown() override;

    Warehouse& warehouse() { return *warehouse_; }
    void reopen();
    // Defines and remembers the datasets.
    void define(const std::vector<Dataset>& datasets);

    // Publishes; a failure of the whole fails the test.
    PublishOutcome publish(const std::vector<SubmissionText>& submissions, PublishJudge& judge, bool dry_run = false,
                           std::size_t sample_rows = 0);
    PublishOutcome publish(const std::vector<SubmissionText>& submissions);
    SubmissionOutcome publish_one(const SubmissionText& submission);
    // One submission of one part, which must be published; its version.
    Version load(std::int64_t id, PartText part);
    // The same for the counts: "1 0 0 0" is inserted, updated, deleted, unchanged.
    std::string counts(std::int64_t id, PartText part);

    Result<UndoOutcome> try_undo(std::int64_t id, const std::vector<std::int64_t>& targets, bool cascade = false,
                                 bool dry_run = false);
    // Must succeed.
    UndoOutcome undo(std::int64_t id, const std::vector<std::int64_t>& targets, bool cascade = false);
    // Must fail and change nothing; the code, and of an undo-conflict its submissions and keys.
    std::string undo_error(std::int64_t id, const std::vector<std::int64_t>& targets, bool cascade = false);

    // Sorted text: all columns; without _version and _submission; with `_submission` only.
    std::vector<std::string> stored(const std::string& dataset, std::optional<Version> as_of = std::nullopt);
    std::vector<std::string> rows(const std::string& dataset, std::optional<Version> as_of = std::nullopt);
    std::vector<std::string> owned(const std::string& dataset);
    std::vector<std::string> diff(const std::string& dataset, std::int64_t a, std::int64_t b, std::size_t limit = 1000);
    std::vector<std::string> versions(const std::string& dataset = "", std::size_t limit = 1000);

    ManualClock clock_;
    Datasets datasets_;

private:
    TemporaryFolder folder_;
    std::unique_ptr<Warehouse> warehouse_;
};

PartText append(const std::string& dataset, std::string_view rows);
PartText upsert(const std::string& dataset, std::string_view rows);
PartText replace(const std::string& dataset, std::string_view rows, DeletePolicy policy = {});
PartText sync(const std::string& dataset, std::string_view rows, DeletePolicy policy = {});
PartText delete_missing(const std::string& dataset, std::string_view rows,
                        std::optional<Version> before = std::nullopt);

using Lines = std::vector<std::string>;

// The code, or "ok".
template <class T>
std::string code_of(const Result<T>& result) {
    return result ? "ok" : std::string(failure_info(result.error().code).code);
}

// The suite's files name each other here, so that a linker that takes only what is asked for takes all of them.
struct ConformanceFiles {
    ConformanceFiles();
};
inline const ConformanceFiles kConformanceFiles;

} // namespace inlet
