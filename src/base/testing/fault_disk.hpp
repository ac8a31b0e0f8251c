// A disk for tests that fails when it is told to, and that can lose its power: it stands before a real disk, knows what
// was synced, and puts the real folder back to what a cut would have left. Floor 0, testing only. Safe from many
// threads, except for cut_power().
//
// What survives is what POSIX promises and no more: the bytes of a file up to its last sync(), and the names in a
// folder as they were at the folder's last sync_dir(). A file that was synced under a name that was not is lost; a
// rename between two folders needs both synced.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "base/disk.hpp"

namespace inlet {

enum class DiskOperation : std::uint8_t {
    create,
    append,
    sync,
    rename,
    remove,
    remove_tree,
    make_dirs,
    sync_dir, // these change the disk
    open,
    pread,
    size,
    list,
    exists, // these only look
};
inline constexpr std::size_t kDiskOperations = 13;

std::set<DiskOperation> changing_operations();
std::set<DiskOperation> all_operations();

class FaultDisk final : public Disk {
public:
    struct Fault {
        std::uint64_t nth = 1; // 1-based, among the counted kinds, from fail_at() on
        std::set<DiskOperation> counted = changing_operations();
        FailureCode code = FailureCode::io_failed;
        bool half_write = false; // an append that fails writes its first half before
        bool onwards = false;    // every counted operation after it fails too
    };

    // What a cut makes of that which nobody synced; a test should hold under each.
    struct Survival {
        enum class Bytes : std::uint8_t {
            lost,   // as at the last sync; an emptied file holds its old bytes again
            half,   // the first half of what came since
            zeroed, // the length is kept, the bytes are zeros: the file grew before its data reached the disk
        };
        Bytes bytes = Bytes::lost;
        bool names_kept = false; // true: names happened to reach the disk although nobody synced their folders
    };

    // Tracks what happens below `root`, an existing folder; what is there already counts as synced. Elsewhere
    // operations are counted and failed, but not undone. Files that others write below root (an engine's) are left as
    // they are, unless their folder does not survive. `real` must be the machine's own disk; beside root, a folder for
    // hard links is made, and removed with this object.
    FaultDisk(Disk& real, std::string root);
    ~FaultDisk() override;
    FaultDisk(const FaultDisk&) = delete;
    FaultDisk& operator=(const FaultDisk&) = delete;

    void fail_at(Fault fault); // replaces the fault before it
    void heal();
    bool fired() const;                                 // whether the last fault has come
    std::uint64_t count(DiskOperation operation) const; // since construction, failed ones included
    std::uint64_t count_changes() const;

    // Files that are open fail from then on; the disk itself goes on, as after a restart, and all that is left counts
    // as synced. Nobody else may be using the disk meanwhile. Error: the real disk's.
    Status cut_power(Survival survival);
    Status cut_power() { return cut_power(Survival{}); }

    Result<std::unique_ptr<File>> create(const std::string& path) override;
    Result<std::unique_ptr<File>> open(const std::string& path) const override;
    Result<std::unique_ptr<File>> reopen(const std::string& path, std::uint64_t size) override; // counts as create
    Status rename(const std::string& from, const std::string& to) override;
    Status remove(const std::string& path) override;
    Status remove_tree(const std::string& path) override;
    Status make_dirs(const std::string& path) override;
    Status sync_dir(const std::string& path) override;
    Result<std::vector<DirEntry>> list(const std::string& path) const override;
    Result<bool> exists(const std::string& path) const override;

private:
    struct State;
    std::shared_ptr<State> state_; // shared with the open files
};

} // namespace inlet
