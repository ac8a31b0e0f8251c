// The composition root: one run of the program, which opens what its command asks for, when it asks, and nothing else.
// The only place that names the stores' technologies. Floor 7; one thread.
//
// Who may run beside whom (DuckDB lets one process write, or several read): `pipeline()` takes the project's lock
// alone, `reading()` shares it with other readers, and `catalog()` and `browsing()` take none, so that deliveries can
// be looked at while one is loaded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/console.hpp"
#include "app/interrupts.hpp"
#include "app/progress.hpp"
#include "app/project_lock.hpp"
#include "base/clock.hpp"
#include "base/disk.hpp"
#include "base/thread_pool.hpp"
#include "client/http_client.hpp"
#include "contract/current_project.hpp"
#include "contract/project_reader.hpp"
#include "pipeline/pipeline.hpp"
#include "scan/scanner.hpp"

namespace inlet {

struct SessionSettings {
    std::string project;                      // as --project says
    std::size_t threads = 1;                  // that work, the calling one included
    std::size_t memory_bytes = 256ULL << 20U; // for the database
    std::optional<double> wait_seconds;       // for another process, or a server that is away; nothing: the defaults
    client::ServerAddress server;             // to be asked instead of the project; its url is empty: none
};

class Deliveries;

// In the data folder: where a server that has it listens.
inline constexpr std::string_view kServerSocketName = "inlet.sock";

// What a command is about to do with deliveries.
enum class Use : std::uint8_t {
    look,   // at what the catalog and the kept files tell: never waits for another process
    read,   // the tables too
    change, // anything
};

class Session {
public:
    Session(SessionSettings settings, Console& console, Interrupts& interrupts);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    Console& console() { return console_; }
    Disk& disk() { return *disk_; }
    const Clock& clock() const { return clock_; }
    double seconds_since(Timestamp start) const; // in whole milliseconds
    ThreadPool& pool();                          // started when first asked for
    ProgressDisplay& progress() { return progress_; }
    // Told of the pipeline's progress too, on whichever thread works; set before pipeline(). Empty: nobody.
    void on_progress(std::function<void(const Progress&)> told) { progress_told_ = std::move(told); }
    // Who watches submissions, borrowed; set before pipeline().
    void watch_submissions(SubmissionWatch* watch) { watch_ = watch; }
    // Told of the catalog's transactions; set before catalog(). See sqlite_catalog.hpp.
    void on_commit(std::function<void(std::size_t changes, std::chrono::duration<double> time)> told) {
        committed_ = std::move(told);
    }
    Interrupts& interrupts() { return interrupts_; }
    // Who acts, as versions and submissions record it: the name of the system's user.
    std::string user() const;

    // A folder that is gone at the end of the run, for commands that need no project.
    Result<std::string> temp_folder();

    Result<std::string> project_path();
    std::expected<const Project*, std::vector<Diagnostic>> checked_project(const std::string& path);
    Result<const Project*> project();                       // project-not-found, project-invalid
    CurrentProject& current_project() { return *project_; } // once it was read
    bool project_is_named() const { return !settings_.project.empty(); }
    Result<std::unique_ptr<Project>> read_project_again();      // as the file is now; project() stays what it was
    const SqlPlaces& sql_places() const { return sql_places_; } // of the project, once it was read
    Result<std::unique_ptr<Warehouse>> scratch_warehouse();     // empty, in memory
    Result<Catalog*> catalog();
    Result<ObjectStore*> objects();
    Result<Warehouse*> reading(); // read only; holds every dataset of the project, and fits the catalog
    Result<Pipeline*> browsing(); // to look at what was kept: open_raw(), open_errors(), open_rejects()
    Result<Pipeline*> pipeline(); // to change things: recovered, datasets defined
    Warehouse& warehouse();       // that of pipeline()
    // Those of the server that was named; else those of the project, by the server that has its data folder if one has.
    Result<Deliveries*> deliveries(Use use);
    std::optional<std::chrono::seconds> patience() const; // with a server that is away, if the user said so
    Result<std::string> take_data_folder();               // its path, this process alone using it

private:
    double wait_seconds() const;
    Status take_lock(ProjectLock::Mode mode) { return take_lock(mode, wait_seconds()); }
    Status take_lock(ProjectLock::Mode mode, double wait_seconds);
    Result<bool> is_served(Use use);
    Result<std::string> data_path(std::string_view name); // makes the data folder
    Result<Warehouse*> open_warehouse(bool read_only);
    Status check_stores();
    Result<Pipeline*> make_pipeline(Warehouse& warehouse);

    SessionSettings settings_;
    Console& console_;
    Interrupts& interrupts_;
    std::unique_ptr<Disk> disk_;
    SystemClock clock_;
    ProgressDisplay progress_;
    std::function<void(const Progress&)> progress_told_;
    SubmissionWatch* watch_ = nullptr;
    std::function<void(std::size_t, std::chrono::duration<double>)> committed_;
    std::string temp_folder_;
    std::unique_ptr<CurrentProject> project_;
    SqlPlaces sql_places_;
    std::unique_ptr<ProjectLock> lock_;
    std::unique_ptr<ThreadPool> pool_;
    std::unique_ptr<Catalog> catalog_;
    std::unique_ptr<ObjectStore> objects_;
    std::unique_ptr<Warehouse> warehouse_;
    std::unique_ptr<Warehouse> deferred_;
    std::unique_ptr<Scanner> scanner_; // null: nothing is scanned
    std::unique_ptr<Pipeline> pipeline_;
    std::unique_ptr<Deliveries> deliveries_;
};

} // namespace inlet
