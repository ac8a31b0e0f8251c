// A whole pipeline for tests: a catalog in memory, a warehouse in memory or in DuckDB, objects in a temporary folder,
// each behind its fault wrapper, the real checker, a clock that stands still. Floor 5, testing only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "base/disk.hpp"
#include "base/thread_pool.hpp"
#include "catalog/testing/fault_catalog.hpp"
#include "contract/current_project.hpp"
#include "objects/testing/fault_object_store.hpp"
#include "pipeline/pipeline.hpp"
#include "warehouse/memory/memory_warehouse.hpp"
#include "warehouse/testing/fault_warehouse.hpp"
#include "warehouse/testing/warehouse_factory.hpp"

namespace inlet {

// Text as a sender sends it: in blocks, and perhaps not to the end.
class TextSource final : public ByteSource {
public:
    explicit TextSource(std::string_view text, std::size_t block_bytes = SIZE_MAX)
        : text_(text), block_bytes_(block_bytes) {}
    // Fails once the text is read.
    TextSource(std::string_view text, Error error) : text_(text), error_(std::move(error)) {}
    Result<std::size_t> read(std::span<char> room) override;

private:
    std::string_view text_;
    std::size_t block_bytes_ = SIZE_MAX;
    std::optional<Error> error_;
};

// Knows what is staged.
class StagedWarehouse final : public FaultWarehouse {
public:
    using FaultWarehouse::FaultWarehouse;
    const std::set<std::string>& staged() const { return staged_; }

    Result<StageToken> stage(SubmissionId submission, const std::string& dataset, std::uint64_t batch,
                             std::uint32_t attempt, std::shared_ptr<const RowSource> rows) override;
    Status discard(SubmissionId submission) override;
    Status discard_all() override;

private:
    std::set<std::string> staged_;
    std::map<std::string, SubmissionId> owners_;
};

// Which warehouse a rig stands on.
using MakeWarehouse = std::function<std::unique_ptr<Warehouse>(const Clock&)>;
MakeWarehouse in_memory(ModelFunction models = {});
MakeWarehouse in_duckdb(); // a database without a file

// For suites that are played on both.
struct RigCase {
    std::string name;
    MakeWarehouse make;
};
std::vector<RigCase> rig_cases();
std::string rig_case_name(const testing::TestParamInfo<RigCase>& info);
void PrintTo(const RigCase& rig, std::ostream* out); // for GoogleTest

class PipelineRig {
public:
    // `yaml`: the project. Its datasets are defined and the pipeline has recovered.
    explicit PipelineRig(std::string_view yaml, const MakeWarehouse& make = in_memory());
    ~PipelineRig();

    Pipeline& pipeline() { return *pipeline_; }
    // As if the process had ended here and begun again.
    Status restart();
    // The same with another project over the same stores.
    void change_project(std::string_view yaml);
    void heal();

    // Receives a delivery and runs it; fails the test on an Error.
    SubmissionRecord load(const std::string& dataset, std::string_view text, bool again = false);
    SubmissionRecord load_package(const std::string& package, std::string_view zip);
    // The same, Errors being answers.
    Result<SubmissionRecord> try_load(const Delivery& delivery, std::string_view bytes);

    // Live rows without _version and _submission: "1|anna|2.5", sorted.
    std::vector<std::string> rows(const std::string& dataset, std::optional<Version> as_of = std::nullopt);
    SubmissionRecord record(SubmissionId id);
    std::vector<SubmissionRecord> records(); // oldest first
    std::string errors(SubmissionId id, std::size_t part = 0);
    std::string rejects(SubmissionId id, std::size_t part = 0);
    std::string raw(SubmissionId id);
    std::vector<ObjectInfo> stored();
    // What must not be there once everything is at rest: temporary files, staged batches, unfinished submissions that
    // are not held. One line each.
    std::vector<std::string> left_over();
    std::string write_file(const std::string& name, std::string_view text); // its path

    ManualClock clock;
    std::unique_ptr<Disk> disk; // the machine's, without its syncs: power cuts are for the stores' own tests
    CurrentProject project;
    std::unique_ptr<FaultObjectStore> objects;
    std::unique_ptr<FaultCatalog> catalog;
    std::unique_ptr<StagedWarehouse> warehouse;
    std::vector<Progress> progress;
    ArchiveLimits archive_limits; // taken at the next restart(), as are these
    ReaderLimits reader_limits;
    Scanner* scanner = nullptr;
    ScanPolicy scan_policy;

private:
    void start();

    TemporaryFolder folder_;
    ThreadPool pool_{1};
    std::unique_ptr<ObjectStore> directory_;
    std::unique_ptr<Catalog> memory_catalog_;
    std::unique_ptr<Warehouse> real_warehouse_;
    std::unique_ptr<Pipeline> pipeline_;
};

Project parse_test_project(std::string_view yaml);
std::string read_all(const ObjectReader& object);

} // namespace inlet
