#include "pipeline/backup_work.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/commit_point.hpp"
#include "pipeline/object_copy.hpp"

namespace inlet {

namespace {

constexpr std::size_t kBlockBytes = 256U << 10U;
constexpr const char* kRestoring = ".restoring"; // in a data folder that is being filled

bool is_damage(const Error& error) {
    return error.code == FailureCode::object_corrupt || error.code == FailureCode::object_missing;
}

// Copies a file of the backup; what was read must have the hash that the manifest names.
Status restore_file(Disk& disk, const std::string& from, const BackupFile& expected, const std::string& to) {
    const auto source = TRY(std::as_const(disk).open(from));
    const std::string part = to + ".part";
    {
        const auto file = TRY(disk.create(part));
        std::vector<std::byte> block(kBlockBytes);
        for (std::uint64_t offset = 0;;) {
            const std::size_t count = TRY(source->pread(block, offset));
            if (count == 0) break;
            TRY(file->append(std::span(block).first(count)));
            offset += count;
        }
        TRY(file->sync());
    }
    if (TRY(weigh_file(disk, part)) != expected) {
        TRY(disk.remove(part));
        return fail(Error(FailureCode::backup_damaged, fmt::format("{} changed while it was restored", from)));
    }
    return disk.rename(part, to);
}

Status check_file(const Disk& disk, const std::string& path, const BackupFile& expected) {
    auto found = weigh_file(disk, path);
    if (!found && found.error().code != FailureCode::file_not_found) return fail(std::move(found.error()));
    if (found && *found == expected) return {};
    return fail(Error(FailureCode::backup_damaged,
                      fmt::format("{} {}", path, found ? "does not have the hash that its manifest names" : "is gone"))
                    .with("file", path));
}

// Empties what an earlier try left, and says so before anything is put there.
Status prepare_folder(Disk& disk, const std::string& data_folder) {
    const std::string mark = fmt::format("{}/{}", data_folder, kRestoring);
    const std::vector<DirEntry> entries = TRY(std::as_const(disk).list(data_folder));
    const bool again = TRY(std::as_const(disk).exists(mark));
    for (const DirEntry& entry : entries) {
        if (entry.name == ".lock" || entry.name == kRestoring) continue;
        if (!again) {
            return fail(FailureCode::folder_not_empty,
                        fmt::format("a backup is restored into an empty data folder, and {} holds `{}`", data_folder,
                                    entry.name));
        }
        TRY(disk.remove_tree(fmt::format("{}/{}", data_folder, entry.name)));
    }
    const auto file = TRY(disk.create(mark));
    TRY(file->sync());
    return disk.sync_dir(data_folder);
}

} // namespace

Result<BackupReport> make_backup(const PipelineParts& parts, PublishTurns& working, BackupFolder& folder,
                                 const std::string& program, std::size_t keep) {
    BackupReport report;
    BackupManifest& manifest = report.manifest;
    manifest.program = program;
    manifest.generation = TRY(folder.begin(parts.project->name));
    {
        const std::lock_guard lock(working);
        manifest.begun_at = parts.clock.now();
        TRY(parts.catalog.copy_to(folder.file_path(manifest.generation, kBackupCatalog)));
        TRY(parts.warehouse.copy_to(folder.file_path(manifest.generation, kBackupWarehouse)));
    }
    commit_point("pipeline.backup-stores-copied");
    std::vector<ObjectInfo> all;
    TRY(parts.objects.list([&](const ObjectInfo& object) -> Status {
        all.push_back(object);
        return {};
    }));
    BackupObjects held; // sizes too: an object that a power cut left short is copied again
    TRY(folder.objects().sweep());
    TRY(folder.objects().list([&](const ObjectInfo& object) -> Status {
        held[object.id] = object.size;
        return {};
    }));
    BackupObjects objects;
    for (const ObjectInfo& object : all) {
        const auto known = held.find(object.id);
        if (known == held.end() || known->second != object.size) {
            Status copied = copy_object(parts.objects, folder.objects(), object.id);
            if (!copied && !is_damage(copied.error())) return fail(std::move(copied.error()));
            if (!copied) {
                report.damaged.push_back(std::move(copied.error()));
                continue;
            }
            ++report.new_objects;
            report.new_bytes += object.size;
        }
        objects[object.id] = object.size;
    }
    commit_point("pipeline.backup-objects-copied");
    TRY(folder.finish(manifest, objects));
    if (keep > 0) report.dropped = TRY(folder.keep_newest(keep));
    return report;
}

Result<RestoreReport> restore_backup(Disk& disk, const BackupFolder& folder, std::optional<std::int64_t> generation,
                                     const std::string& data_folder, ObjectStore& objects) {
    const std::vector<BackupManifest> complete = TRY(folder.generations());
    const auto found = generation         ? std::ranges::find(complete, *generation, &BackupManifest::generation)
                       : complete.empty() ? complete.end()
                                          : std::prev(complete.end());
    if (found == complete.end()) {
        return fail(FailureCode::unknown_backup,
                    generation ? fmt::format("{} holds no complete generation {}", folder.path(), *generation)
                               : fmt::format("{} holds no complete backup", folder.path()));
    }
    RestoreReport report;
    report.manifest = *found;
    const BackupObjects wanted = TRY(folder.read_objects(*found));
    constexpr std::array kStores{kBackupWarehouse, kBackupCatalog};
    for (const char* name : kStores)
        TRY(check_file(disk, folder.file_path(found->generation, name), found->files.at(name)));
    TRY(prepare_folder(disk, data_folder));
    for (const auto& [id, bytes] : wanted) {
        Status copied = copy_object(folder.objects(), objects, id);
        if (copied) continue;
        if (!is_damage(copied.error())) return fail(std::move(copied.error()));
        report.damaged.push_back(std::move(copied.error()));
    }
    commit_point("pipeline.restore-objects-copied");
    for (const char* name : kStores) {
        TRY(restore_file(disk, folder.file_path(found->generation, name), found->files.at(name),
                         fmt::format("{}/{}", data_folder, name)));
    }
    TRY(disk.sync_dir(data_folder));
    commit_point("pipeline.restore-stores-copied");
    TRY(disk.remove(fmt::format("{}/{}", data_folder, kRestoring)));
    TRY(disk.sync_dir(data_folder));
    return report;
}

} // namespace inlet
