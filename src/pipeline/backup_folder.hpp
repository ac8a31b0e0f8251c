// A folder that holds backups: generations that share their objects. Floor 5; one thread at a time.
//
//     backup.txt                  format and project
//     objects/                    an object store: what any generation needs
//     generations/7/              the seventh
//         catalog.sqlite, warehouse.duckdb
//         objects.txt             a line for each object: SHA-256, bytes, space
//         manifest.txt            written last: a generation without it is none
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/disk.hpp"
#include "base/result.hpp"
#include "objects/object_store.hpp"

namespace inlet {

struct BackupFile {
    std::uint64_t bytes = 0;
    std::string sha256;

    bool operator==(const BackupFile&) const = default;
};

inline constexpr const char* kBackupCatalog = "catalog.sqlite";
inline constexpr const char* kBackupWarehouse = "warehouse.duckdb";
inline constexpr const char* kBackupObjects = "objects.txt";

struct BackupManifest {
    std::int64_t generation = 0;
    Timestamp begun_at = 0; // all that was acknowledged before is in it
    std::string program;    // that wrote it, with its version
    std::uint64_t objects = 0;
    std::uint64_t object_bytes = 0;
    std::map<std::string, BackupFile> files; // the three above
};

using BackupObjects = std::map<ObjectId, std::uint64_t>; // bytes of each

class BackupFolder {
public:
    // `objects`: the store at objects_path(). All borrowed. Makes nothing.
    BackupFolder(Disk& disk, ObjectStore& objects, std::string path)
        : disk_(disk), objects_(objects), path_(std::move(path)) {}

    static std::string objects_path(const std::string& folder) { return folder + "/objects"; }
    const std::string& path() const { return path_; }
    ObjectStore& objects() const { return objects_; }
    std::string file_path(std::int64_t generation, std::string_view file) const;

    // Complete ones, oldest first. Errors: unknown-backup (no backup folder), format-too-new, backup-damaged.
    Result<std::vector<BackupManifest>> generations() const;
    // What its list of objects says, held against its hash. backup-damaged.
    Result<BackupObjects> read_objects(const BackupManifest& manifest) const;

    // For writing: makes the folder if it is empty, else it must be of the same project (folder-not-empty); removes
    // what unfinished backups left; makes the folder of a new generation and returns its number.
    Result<std::int64_t> begin(const std::string& project);
    // Once the stores' files and the objects are there: completes the generation. `manifest.files` is filled in.
    Status finish(BackupManifest& manifest, const BackupObjects& objects);
    // Removes all generations but the newest `keep`, and the objects that none of these needs. Returns how many.
    Result<std::size_t> keep_newest(std::size_t keep);

private:
    std::string generations_path() const { return path_ + "/generations"; }
    std::string folder_of(std::int64_t generation) const;
    Result<std::vector<std::int64_t>> numbers() const; // complete or not; ascending
    Result<std::optional<BackupManifest>> read_manifest(std::int64_t generation) const;
    Status write_file(const std::string& path, std::string_view text);

    Disk& disk_;
    ObjectStore& objects_;
    const std::string path_;
};

// Size and hash of a file, read through.
Result<BackupFile> weigh_file(const Disk& disk, const std::string& path);

} // namespace inlet
