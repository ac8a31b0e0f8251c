#include "pipeline/testing/pipeline_rig.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "catalog/memory/memory_catalog.hpp"
#include "contract/project_reader.hpp"
#include "objects/directory/directory_store.hpp"
#include "objects/testing/conformance.hpp"
#include "warehouse/duckdb/duckdb_warehouse.hpp"
#include "warehouse/testing/rows.hpp"

namespace inlet {

// The linker takes the stores' suites along with their other aids; they are played in the stores' own tests.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ObjectStoreConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CatalogConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WarehouseConformance);

namespace {

class NoFiles final : public FileSource {
public:
    Result<std::string> read(const std::string& path) const override {
        return fail(FailureCode::file_not_found, "there is no " + path);
    }
};

class UnsyncedFile final : public File {
public:
    explicit UnsyncedFile(std::unique_ptr<File> file) : file_(std::move(file)) {}
    Status append(std::span<const std::byte> bytes) override { return file_->append(bytes); }
    Result<std::size_t> pread(std::span<std::byte> bytes, std::uint64_t offset) const override {
        return std::as_const(*file_).pread(bytes, offset);
    }
    Result<std::uint64_t> size() const override { return std::as_const(*file_).size(); }
    Status sync() override { return {}; }

private:
    std::unique_ptr<File> file_;
};

class UnsyncedDisk final : public Disk {
public:
    Result<std::unique_ptr<File>> create(const std::string& path) override {
        return std::make_unique<UnsyncedFile>(TRY(disk_->create(path)));
    }
    Result<std::unique_ptr<File>> open(const std::string& path) const override {
        return std::make_unique<UnsyncedFile>(TRY(std::as_const(*disk_).open(path)));
    }
    Result<std::unique_ptr<File>> reopen(const std::string& path, std::uint64_t size) override {
        return std::make_unique<UnsyncedFile>(TRY(disk_->reopen(path, size)));
    }
    Status rename(const std::string& from, const std::string& to) override { return disk_->rename(from, to); }
    Status remove(const std::string& path) override { return disk_->remove(path); }
    Status remove_tree(const std::string& path) override { return disk_->remove_tree(path); }
    Status make_dirs(const std::string& path) override { return disk_->make_dirs(path); }
    Status sync_dir(const std::string&) override { return {}; }
    Result<std::vector<DirEntry>> list(const std::string& path) const override {
        return std::as_const(*disk_).list(path);
    }
    Result<bool> exists(const std::string& path) const override { return std::as_const(*disk_).exists(path); }

private:
    std::unique_ptr<Disk> disk_ = make_posix_disk();
};

template <class T>
T expect(Result<T> result) {
    if (!result) {
        ADD_FAILURE() << to_string(result.error());
        std::abort();
    }
    return std::move(*result);
}

} // namespace

Result<std::size_t> TextSource::read(std::span<char> room) {
    const std::size_t count = std::min({room.size(), block_bytes_, text_.size()});
    if (count == 0 && error_) return fail(*error_);
    std::ranges::copy(text_.substr(0, count), room.begin());
    text_.remove_prefix(count);
    return count;
}

Result<StageToken> StagedWarehouse::stage(SubmissionId submission, const std::string& dataset, std::uint64_t batch,
                                          std::uint32_t attempt, std::shared_ptr<const RowSource> rows) {
    StageToken token = TRY(FaultWarehouse::stage(submission, dataset, batch, attempt, std::move(rows)));
    staged_.insert(token.value);
    owners_[token.value] = submission;
    return token;
}

Status StagedWarehouse::discard(SubmissionId submission) {
    TRY(FaultWarehouse::discard(submission));
    std::erase_if(staged_, [&](const std::string& token) { return owners_[token] == submission; });
    return {};
}

Status StagedWarehouse::discard_all() {
    TRY(FaultWarehouse::discard_all());
    staged_.clear();
    return {};
}

Project parse_test_project(std::string_view yaml) {
    auto project = parse_project(yaml, "/p/inlet.yaml", NoFiles());
    if (!project) {
        for (const Diagnostic& mistake : project.error()) ADD_FAILURE() << to_string(mistake);
        std::abort();
    }
    return std::move(*project);
}

std::string read_all(const ObjectReader& object) {
    std::string text(object.size(), '\0');
    EXPECT_EQ(expect(object.pread(std::as_writable_bytes(std::span(text)), 0)), text.size());
    return text;
}

MakeWarehouse in_memory(ModelFunction models) {
    return [models = std::move(models)](const Clock& clock) { return make_memory_warehouse(clock, models); };
}

MakeWarehouse in_duckdb() {
    return [](const Clock& clock) { return expect(open_duckdb_warehouse({}, clock)); };
}

std::vector<RigCase> rig_cases() { return {{"Memory", in_memory()}, {"Duckdb", in_duckdb()}}; }

std::string rig_case_name(const testing::TestParamInfo<RigCase>& info) { return info.param.name; }
void PrintTo(const RigCase& rig, std::ostream* out) { *out << rig.name; }

PipelineRig::PipelineRig(std::string_view yaml, const MakeWarehouse& make)
    : disk(std::make_unique<UnsyncedDisk>()), project(std::make_unique<const Project>(parse_test_project(yaml))),
      directory_(expect(open_directory_store(*disk, clock, folder_.path() + "/objects"))),
      memory_catalog_(make_memory_catalog(clock)), real_warehouse_(make(clock)) {
    // The age of stored files is what the machine's clock says.
    clock.advance(SystemClock().now() - clock.now());
    objects = std::make_unique<FaultObjectStore>(*directory_);
    catalog = std::make_unique<FaultCatalog>(*memory_catalog_);
    warehouse = std::make_unique<StagedWarehouse>(*real_warehouse_);
    start();
    EXPECT_TRUE(pipeline_->recover());
}

PipelineRig::~PipelineRig() = default;

void PipelineRig::start() {
    pipeline_.reset(); // before the next one, as a process would
    EXPECT_TRUE(real_warehouse_->define(project->datasets));
    PipelineParts parts{.project = project,
                        .objects = *objects,
                        .catalog = *catalog,
                        .warehouse = *warehouse,
                        .disk = *disk,
                        .clock = clock,
                        .pool = pool_,
                        .temp_folder = folder_.path() + "/temporary",
                        .progress = [this](const Progress& step) { progress.push_back(step); },
                        .archive_limits = archive_limits,
                        .reader_limits = reader_limits,
                        .scanner = scanner,
                        .scan_policy = scan_policy};
    pipeline_ = std::make_unique<Pipeline>(std::move(parts));
}

Status PipelineRig::restart() {
    start();
    return pipeline_->recover();
}

void PipelineRig::change_project(std::string_view yaml) {
    pipeline_.reset();
    project.replace(std::make_unique<const Project>(parse_test_project(yaml)));
    EXPECT_TRUE(restart());
}

void PipelineRig::heal() {
    objects->heal();
    catalog->heal();
    warehouse->heal();
}

Result<SubmissionRecord> PipelineRig::try_load(const Delivery& delivery, std::string_view bytes) {
    TextSource source(bytes);
    const Received received = TRY(pipeline_->receive(delivery, source));
    return pipeline_->run(received.id);
}

SubmissionRecord PipelineRig::load(const std::string& dataset, std::string_view text, bool again) {
    return expect(try_load({.target = dataset, .file_name = dataset + ".csv", .by = "anna", .again = again}, text));
}

SubmissionRecord PipelineRig::load_package(const std::string& package, std::string_view zip) {
    return expect(try_load({.target = package, .target_is_package = true, .file_name = "data.zip", .by = "anna"}, zip));
}

std::vector<std::string> PipelineRig::rows(const std::string& dataset, std::optional<Version> as_of) {
    RowCollector collector;
    const Status read = real_warehouse_->read(dataset, as_of, collector);
    EXPECT_TRUE(read) << to_string(read.error());
    return collector.sorted_without_last(2);
}

SubmissionRecord PipelineRig::record(SubmissionId id) { return expect(memory_catalog_->get(id)); }

std::vector<SubmissionRecord> PipelineRig::records() {
    auto records = expect(memory_catalog_->list({.limit = 10'000}));
    std::ranges::reverse(records);
    return records;
}

std::string PipelineRig::errors(SubmissionId id, std::size_t part) {
    return read_all(*expect(pipeline_->open_errors(id, part)));
}

std::string PipelineRig::rejects(SubmissionId id, std::size_t part) {
    return read_all(*expect(pipeline_->open_rejects(id, part)));
}

std::string PipelineRig::raw(SubmissionId id) { return read_all(*expect(pipeline_->open_raw(id))); }

std::vector<ObjectInfo> PipelineRig::stored() { return expect(list_objects(*directory_)); }

std::vector<std::string> PipelineRig::left_over() {
    std::vector<std::string> left;
    for (const char* folder : {"/temporary", "/objects/.tmp"}) {
        for (const DirEntry& entry : expect(disk->list(folder_.path() + folder))) {
            left.push_back(fmt::format("{}/{}", folder, entry.name));
        }
    }
    for (const std::string& token : warehouse->staged()) left.push_back("staged " + token);
    for (const SubmissionRecord& record : expect(memory_catalog_->unfinished())) {
        if (record.state == SubmissionState::held) continue;
        left.push_back(fmt::format("submission {} {}", record.id.value, to_string(record.state)));
    }
    return left;
}

std::string PipelineRig::write_file(const std::string& name, std::string_view text) {
    const std::string path = folder_.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

} // namespace inlet
