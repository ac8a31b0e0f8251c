// Where the technology of backups is named: folders on the machine's disk. Floor 7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/session.hpp"
#include "base/json_writer.hpp"
#include "objects/object_store.hpp"
#include "pipeline/backup_folder.hpp"
#include "pipeline/backup_work.hpp"

namespace inlet {

// A folder of backups and the store of its objects.
class Backups {
public:
    // Makes nothing. bad-argument: no path.
    static Result<std::unique_ptr<Backups>> open(Session& session, std::string path);
    BackupFolder& folder() { return folder_; }

private:
    Backups(Disk& disk, std::unique_ptr<ObjectStore> objects, std::string path)
        : objects_(std::move(objects)), folder_(disk, *objects_, std::move(path)) {}

    std::unique_ptr<ObjectStore> objects_;
    BackupFolder folder_;
};

// Backs the session's project up, whose pipeline is open. `path` should be absolute where the caller's folder is
// another.
Result<BackupReport> back_up(Session& session, Pipeline& pipeline, const std::string& path, std::size_t keep);
// As one JSON object.
void write_backup(JsonWriter& json, const BackupReport& report);

} // namespace inlet
