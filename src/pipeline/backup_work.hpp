// Makes backups, and fills an empty data folder from one. Floor 5; one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "objects/object_store.hpp"
#include "pipeline/backup_folder.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/publish_turns.hpp"

namespace inlet {

struct BackupReport {
    BackupManifest manifest;
    std::uint64_t new_objects = 0; // that earlier generations did not hold
    std::uint64_t new_bytes = 0;
    std::vector<Error> damaged; // objects whose bytes are not those that were stored: they are left out
    std::size_t dropped = 0;    // generations
};

// `working` is held while the catalog and the warehouse are copied, so that they are of one moment; the caller keeps
// objects from being removed.
Result<BackupReport> make_backup(const PipelineParts& parts, PublishTurns& working, BackupFolder& folder,
                                 const std::string& program, std::size_t keep);

struct RestoreReport {
    BackupManifest manifest;
    std::vector<Error> damaged; // objects of the backup that could not be restored
};

// Fills the data folder, in which nothing but its lock and what an earlier try left may be; `objects` is its store. The
// catalog comes last: without it nothing else is taken for a project's data. Nothing: the newest generation. Errors:
// unknown-backup, backup-damaged, folder-not-empty.
Result<RestoreReport> restore_backup(Disk& disk, const BackupFolder& folder, std::optional<std::int64_t> generation,
                                     const std::string& data_folder, ObjectStore& objects);

} // namespace inlet
