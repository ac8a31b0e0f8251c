// Opening things lazily, in the order in which they need each other.
#include "app/session.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "app/deferred_warehouse.hpp"
#include "app/local_deliveries.hpp"
#include "app/project_file.hpp"
#include "app/remote_deliveries.hpp"
#include "catalog/sqlite/sqlite_catalog.hpp"
#include "objects/directory/directory_store.hpp"
#include "pipeline/store_match.hpp"
#include "scan/clamd_scanner.hpp"
#include "warehouse/duckdb/duckdb_warehouse.hpp"

namespace inlet {

namespace {

constexpr double kWaitDefault = 2;
constexpr double kLockPause = 0.1; // seconds

// Notes when the tables of some datasets are not there yet.
bool all_defined(const std::vector<TableInfo>& tables, const std::vector<Dataset>& datasets) {
    return std::ranges::all_of(datasets, [&](const Dataset& dataset) {
        return std::ranges::find(tables, dataset.name, &TableInfo::name) != tables.end();
    });
}

} // namespace

Session::Session(SessionSettings settings, Console& console, Interrupts& interrupts)
    : settings_(std::move(settings)), console_(console), interrupts_(interrupts), disk_(make_posix_disk()),
      progress_(console, clock_) {}

Session::~Session() {
    progress_.clear();
    interrupts_.at_end({});
    if (!temp_folder_.empty()) (void)disk_->remove_tree(temp_folder_);
}

double Session::seconds_since(Timestamp start) const {
    return std::round(static_cast<double>(clock_.now() - start) / 1000) / 1000;
}

ThreadPool& Session::pool() {
    if (!pool_) pool_ = std::make_unique<ThreadPool>(settings_.threads - 1);
    return *pool_;
}

std::string Session::user() const {
    const passwd* entry = ::getpwuid(::geteuid());
    return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

Result<std::string> Session::temp_folder() {
    if (temp_folder_.empty()) {
        const char* named = std::getenv("TMPDIR");
        std::string folder = temporary_name(named != nullptr && *named != '\0' ? named : "/tmp", "inlet");
        TRY(disk_->make_dirs(folder));
        temp_folder_ = std::move(folder);
        interrupts_.at_end([disk = disk_.get(), path = temp_folder_] { (void)disk->remove_tree(path); });
    }
    return temp_folder_;
}

Result<std::string> Session::project_path() { return find_project_file(settings_.project); }

std::expected<const Project*, std::vector<Diagnostic>> Session::checked_project(const std::string& path) {
    if (!project_) {
        const DiskFiles files(*disk_);
        auto project = read_project(path, files, &sql_places_);
        if (!project) return std::unexpected(std::move(project.error()));
        project_ = std::make_unique<CurrentProject>(std::make_unique<const Project>(std::move(*project)));
    }
    return &**project_;
}

Result<const Project*> Session::project() {
    if (project_) return &**project_;
    const std::string path = TRY(project_path());
    auto project = checked_project(path);
    if (!project) return fail(to_error(project.error()));
    return *project;
}

Result<std::unique_ptr<Project>> Session::read_project_again() {
    const std::string path = TRY(project_path());
    const DiskFiles files(*disk_);
    auto project = read_project(path, files);
    if (!project) return fail(to_error(project.error()));
    return std::make_unique<Project>(*std::move(project));
}

Result<std::string> Session::data_path(std::string_view name) {
    const Project* project = TRY(this->project());
    TRY(disk_->make_dirs(project->data_folder));
    return fmt::format("{}/{}", project->data_folder, name);
}

double Session::wait_seconds() const { return settings_.wait_seconds.value_or(kWaitDefault); }

std::optional<std::chrono::seconds> Session::patience() const {
    if (!settings_.wait_seconds) return std::nullopt;
    return std::chrono::seconds(static_cast<std::int64_t>(*settings_.wait_seconds));
}

Status Session::take_lock(ProjectLock::Mode mode, double wait_seconds) {
    if (lock_ && lock_->mode() == mode) return {};
    lock_.reset();
    const std::string path = TRY(data_path(".lock"));
    auto lock = ProjectLock::take(path, mode, wait_seconds);
    if (!lock && lock.error().code == FailureCode::project_locked) {
        const std::string socket = TRY(data_path(kServerSocketName));
        if (server_answers_at(socket)) {
            lock.error().message += ": it is a server, and this command needs the data folder for itself. Stop the "
                                    "server first, or ask it over HTTP (docs/server.md)";
        }
    }
    lock_ = TRY(std::move(lock));
    return {};
}

// Whether a server has the data folder, so that what needs a lock is to be asked of it.
Result<bool> Session::is_served(Use use) {
    if (use == Use::look || lock_) return false;
    const auto mode = use == Use::read ? ProjectLock::Mode::shared : ProjectLock::Mode::exclusive;
    const std::string path = TRY(data_path(".lock"));
    const std::string socket = TRY(data_path(kServerSocketName));
    // Whoever has it now may be a server that is just starting.
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(wait_seconds());
    for (;;) {
        auto lock = ProjectLock::take(path, mode, kLockPause);
        if (lock) {
            lock_ = *std::move(lock);
            return false;
        }
        if (lock.error().code != FailureCode::project_locked) return fail(std::move(lock.error()));
        if (server_answers_at(socket)) return true;
        if (std::chrono::steady_clock::now() >= end) return fail(std::move(lock.error()));
    }
}

Result<Deliveries*> Session::deliveries(Use use) {
    if (deliveries_) return deliveries_.get();
    if (!settings_.server.url.empty()) {
        deliveries_ = TRY(make_remote_deliveries(*this, settings_.server));
    } else if (TRY(is_served(use))) {
        const std::string socket = TRY(data_path(kServerSocketName));
        deliveries_ = TRY(make_remote_deliveries(*this, {.url = "unix:" + socket}));
    } else {
        deliveries_ = make_local_deliveries(*this);
    }
    return deliveries_.get();
}

Result<std::string> Session::take_data_folder() {
    TRY(take_lock(ProjectLock::Mode::exclusive));
    return TRY(project())->data_folder;
}

Result<Catalog*> Session::catalog() {
    if (!catalog_) {
        const std::string path = TRY(data_path("catalog.sqlite"));
        const std::string objects = TRY(data_path("objects"));
        // Nothing is kept before a catalog says so.
        if (!TRY(disk_->exists(path)) && TRY(disk_->exists(objects))) {
            return fail(FailureCode::catalog_failed,
                        fmt::format("{} is gone, but not what it told of: put the newest catalog.sqlite of this data "
                                    "folder back, or restore all of the folder from one backup",
                                    path));
        }
        catalog_ = TRY(open_sqlite_catalog(path, clock_, committed_));
    }
    return catalog_.get();
}

Result<ObjectStore*> Session::objects() {
    if (!objects_) {
        const std::string path = TRY(data_path("objects"));
        objects_ = TRY(open_directory_store(*disk_, clock_, path));
    }
    return objects_.get();
}

Result<std::unique_ptr<Warehouse>> Session::scratch_warehouse() {
    DuckdbOptions options;
    options.memory_bytes_max = settings_.memory_bytes;
    options.threads = 1;
    options.temp_folder = TRY(temp_folder());
    return open_duckdb_warehouse(std::move(options), clock_);
}

Result<Warehouse*> Session::open_warehouse(bool read_only) {
    DuckdbOptions options;
    options.path = TRY(data_path("warehouse.duckdb"));
    options.memory_bytes_max = settings_.memory_bytes;
    options.threads = settings_.threads;
    options.temp_folder = TRY(data_path("spill"));
    options.read_only = read_only;
    Catalog* catalog = TRY(this->catalog());
    if (!read_only && !TRY(disk_->exists(options.path))) TRY(warehouse_not_lost(*catalog));
    warehouse_ = TRY(open_duckdb_warehouse(std::move(options), clock_));
    return warehouse_.get();
}

// No warehouse that does not fit stays open.
Status Session::check_stores() {
    Catalog* catalog = TRY(this->catalog());
    Status fit = stores_belong_together(*catalog, *warehouse_);
    if (!fit) warehouse_.reset();
    return fit;
}

Result<Warehouse*> Session::reading() {
    if (warehouse_) return warehouse_.get();
    const Project* project = TRY(this->project());
    TRY(take_lock(ProjectLock::Mode::shared));
    Result<Warehouse*> opened = open_warehouse(true);
    if (opened) {
        TRY(check_stores());
        const std::vector<TableInfo> tables = TRY((*opened)->tables());
        if (all_defined(tables, project->datasets)) return opened;
    }
    if (!opened && opened.error().code != FailureCode::file_not_found) return opened;
    // A dataset that nothing was loaded into yet is still a table that can be read.
    warehouse_.reset();
    TRY(take_lock(ProjectLock::Mode::exclusive));
    Warehouse* warehouse = TRY(open_warehouse(false));
    TRY(check_stores());
    TRY(warehouse->define(project->datasets));
    return warehouse;
}

Result<Pipeline*> Session::make_pipeline(Warehouse& warehouse) {
    TRY(project());
    PipelineParts parts{.project = *project_,
                        .objects = *TRY(objects()),
                        .catalog = *TRY(catalog()),
                        .warehouse = warehouse,
                        .disk = *disk_,
                        .clock = clock_,
                        .pool = pool(),
                        .temp_folder = TRY(data_path("tmp")),
                        .progress =
                            [this](const Progress& progress) {
                                progress_.show({.doing = to_string(progress.state),
                                                .bytes = progress.bytes,
                                                .bytes_total = progress.bytes_total,
                                                .rows = progress.rows});
                                if (progress_told_) progress_told_(progress);
                            },
                        .watch = watch_};
    const ServerConfig& server = (*project_)->server;
    // The rest is for chunks under way, what is kept of mistakes, and publishing.
    parts.check_memory_bytes = server.jobs.memory_bytes / server.jobs.running / 8 * 3;
    if (server.scan) {
        scanner_ = make_clamd_scanner({server.scan->clamd_path, server.scan->clamd_host, server.scan->clamd_port},
                                      server.scan->time_out);
        parts.scanner = scanner_.get();
        parts.scan_policy = {.reject_unscanned = server.scan->on_failure == ScanConfig::OnFailure::reject,
                             .remove_found = server.scan->on_found == ScanConfig::OnFound::remove,
                             .records = server.scan->records};
    }
    pipeline_ = std::make_unique<Pipeline>(std::move(parts));
    return pipeline_.get();
}

Result<Pipeline*> Session::browsing() {
    if (pipeline_) return pipeline_.get();
    deferred_ = make_deferred_warehouse([this] { return reading(); });
    return make_pipeline(*deferred_);
}

Result<Pipeline*> Session::pipeline() {
    if (pipeline_) return pipeline_.get();
    const Project* project = TRY(this->project());
    TRY(take_lock(ProjectLock::Mode::exclusive));
    Warehouse* warehouse = TRY(open_warehouse(false));
    TRY(warehouse->define(project->datasets));
    Pipeline* pipeline = TRY(make_pipeline(*warehouse));
    TRY(pipeline->recover());
    return pipeline;
}

Warehouse& Session::warehouse() {
    CHECK(pipeline_ && warehouse_);
    return *warehouse_;
}

} // namespace inlet
