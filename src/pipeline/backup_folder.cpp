#include "pipeline/backup_folder.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "base/commit_point.hpp"
#include "objects/running_sha256.hpp"

namespace inlet {

namespace {

constexpr int kFormat = 1;
constexpr std::string_view kMark = "inlet backup";
constexpr std::size_t kBlockBytes = 256U << 10U;
constexpr std::size_t kShaDigits = 64;

Result<std::string> read_text(const Disk& disk, const std::string& path) {
    const auto file = TRY(disk.open(path));
    std::string text(static_cast<std::size_t>(TRY(file->size())), '\0');
    text.resize(TRY(file->pread(std::as_writable_bytes(std::span(text)), 0)));
    return text;
}

Status check_format(const std::string& path, int format) {
    if (format == kFormat) return {};
    if (format > kFormat) {
        return fail(FailureCode::format_too_new,
                    fmt::format("{} has format {}; this program knows {}", path, format, kFormat));
    }
    return fail(FailureCode::backup_damaged, fmt::format("{} is not what a backup wrote", path));
}

std::unexpected<Error> damaged(const std::string& path, std::string_view what) {
    return fail(Error(FailureCode::backup_damaged, fmt::format("{} {}", path, what)).with("file", path));
}

} // namespace

Result<BackupFile> weigh_file(const Disk& disk, const std::string& path) {
    const auto file = TRY(disk.open(path));
    RunningSha256 hash;
    BackupFile out;
    std::vector<std::byte> block(kBlockBytes);
    for (;;) {
        const std::size_t count = TRY(file->pread(block, out.bytes));
        if (count == 0) break;
        hash.update(std::span(block).first(count));
        out.bytes += count;
    }
    out.sha256 = hash.finish();
    return out;
}

std::string BackupFolder::folder_of(std::int64_t generation) const {
    return fmt::format("{}/{}", generations_path(), generation);
}

std::string BackupFolder::file_path(std::int64_t generation, std::string_view file) const {
    return fmt::format("{}/{}", folder_of(generation), file);
}

Result<std::vector<std::int64_t>> BackupFolder::numbers() const {
    std::vector<std::int64_t> found;
    for (const DirEntry& entry : TRY(std::as_const(disk_).list(generations_path()))) {
        std::int64_t number = 0;
        const char* end = entry.name.data() + entry.name.size();
        const auto [stop, error] = std::from_chars(entry.name.data(), end, number);
        if (entry.is_directory && error == std::errc() && stop == end && number > 0) found.push_back(number);
    }
    std::ranges::sort(found);
    return found;
}

Result<std::vector<BackupManifest>> BackupFolder::generations() const {
    auto text = read_text(disk_, path_ + "/backup.txt");
    if (!text) {
        if (text.error().code != FailureCode::file_not_found) return fail(std::move(text.error()));
        return fail(FailureCode::unknown_backup, fmt::format("{} is no folder of backups", path_));
    }
    int format = 0;
    std::istringstream(text->substr(std::min(text->size(), kMark.size()))) >> format;
    TRY(check_format(path_ + "/backup.txt", text->starts_with(kMark) ? format : 0));
    std::vector<BackupManifest> complete;
    for (const std::int64_t number : TRY(numbers())) {
        if (auto manifest = TRY(read_manifest(number))) complete.push_back(std::move(*manifest));
    }
    return complete;
}

Result<std::optional<BackupManifest>> BackupFolder::read_manifest(std::int64_t generation) const {
    const std::string path = file_path(generation, "manifest.txt");
    auto text = read_text(disk_, path);
    if (!text && text.error().code == FailureCode::file_not_found) return std::nullopt;
    if (!text) return fail(std::move(text.error()));
    std::istringstream lines(*text);
    BackupManifest manifest;
    manifest.generation = generation;
    int format = 0;
    for (std::string key; lines >> key;) {
        if (key == "format") lines >> format;
        if (key == "begun_at") lines >> manifest.begun_at;
        if (key == "program") std::getline(lines >> std::ws, manifest.program);
        if (key == "objects") lines >> manifest.objects >> manifest.object_bytes;
        if (key == "file") {
            std::string name;
            lines >> name;
            BackupFile& file = manifest.files[name];
            lines >> file.bytes >> file.sha256;
        }
        if (!lines) return damaged(path, "is not what a backup wrote");
    }
    TRY(check_format(path, format));
    for (const char* name : {kBackupCatalog, kBackupWarehouse, kBackupObjects}) {
        if (!manifest.files.contains(name)) return damaged(path, "does not name all files");
    }
    return manifest;
}

Result<BackupObjects> BackupFolder::read_objects(const BackupManifest& manifest) const {
    const std::string path = file_path(manifest.generation, kBackupObjects);
    auto text = read_text(disk_, path);
    if (!text) {
        if (text.error().code == FailureCode::file_not_found) return damaged(path, "is gone");
        return fail(std::move(text.error()));
    }
    RunningSha256 hash;
    hash.update(std::as_bytes(std::span(*text)));
    if (hash.finish() != manifest.files.at(kBackupObjects).sha256)
        return damaged(path, "has another hash than the manifest names");
    BackupObjects objects;
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t space = line.find(' ', kShaDigits + 1);
        if (line.size() < kShaDigits + 2 || space == std::string::npos) return damaged(path, "cannot be read");
        std::uint64_t bytes = 0;
        std::from_chars(line.data() + kShaDigits + 1, line.data() + space, bytes);
        objects[{.space = line.substr(space + 1), .sha256 = line.substr(0, kShaDigits)}] = bytes;
    }
    return objects;
}

Status BackupFolder::write_file(const std::string& path, std::string_view text) {
    const std::string part = path + ".part";
    {
        const auto file = TRY(disk_.create(part));
        TRY(file->append(std::as_bytes(std::span(text))));
        TRY(file->sync());
    }
    TRY(disk_.rename(part, path));
    return disk_.sync_dir(path.substr(0, path.rfind('/')));
}

Result<std::int64_t> BackupFolder::begin(const std::string& project) {
    const std::string wanted = fmt::format("{} {}\nproject {}\n", kMark, kFormat, project);
    TRY(disk_.make_dirs(path_));
    auto mark = read_text(disk_, path_ + "/backup.txt");
    if (!mark && mark.error().code != FailureCode::file_not_found) return fail(std::move(mark.error()));
    if (!mark) {
        for (const DirEntry& entry : TRY(std::as_const(disk_).list(path_))) {
            if (entry.name == "backup.txt.part") continue;
            return fail(FailureCode::folder_not_empty,
                        fmt::format("{} is no folder of backups, and holds `{}`", path_, entry.name));
        }
        TRY(write_file(path_ + "/backup.txt", wanted));
    } else if (*mark != wanted) {
        TRY(generations()); // a newer format says so itself
        return fail(FailureCode::folder_not_empty, fmt::format("{} holds backups of another project", path_));
    }
    TRY(disk_.make_dirs(generations_path()));
    std::int64_t last = 0;
    for (const std::int64_t number : TRY(numbers())) {
        last = number;
        if (!TRY(read_manifest(number))) TRY(disk_.remove_tree(folder_of(number)));
    }
    TRY(disk_.make_dirs(folder_of(last + 1)));
    TRY(disk_.sync_dir(generations_path()));
    return last + 1;
}

Status BackupFolder::finish(BackupManifest& manifest, const BackupObjects& objects) {
    std::string list;
    manifest.objects = objects.size();
    manifest.object_bytes = 0;
    for (const auto& [id, bytes] : objects) {
        list += fmt::format("{} {} {}\n", id.sha256, bytes, id.space);
        manifest.object_bytes += bytes;
    }
    TRY(write_file(file_path(manifest.generation, kBackupObjects), list));
    std::string text = fmt::format("format {}\nbegun_at {}\nprogram {}\nobjects {} {}\n", kFormat, manifest.begun_at,
                                   manifest.program, manifest.objects, manifest.object_bytes);
    for (const char* name : {kBackupCatalog, kBackupWarehouse, kBackupObjects}) {
        const BackupFile file = TRY(weigh_file(disk_, file_path(manifest.generation, name)));
        text += fmt::format("file {} {} {}\n", name, file.bytes, file.sha256);
        manifest.files[name] = file;
    }
    commit_point("pipeline.backup-unfinished");
    TRY(write_file(file_path(manifest.generation, "manifest.txt"), text));
    commit_point("pipeline.backup-finished");
    return {};
}

Result<std::size_t> BackupFolder::keep_newest(std::size_t keep) {
    std::vector<BackupManifest> complete = TRY(generations());
    if (complete.size() <= keep) return 0;
    const std::size_t dropped = complete.size() - keep;
    for (std::size_t i = 0; i < dropped; ++i) {
        // The manifest first: what is half removed is none.
        TRY(disk_.remove(file_path(complete[i].generation, "manifest.txt")));
        TRY(disk_.remove_tree(folder_of(complete[i].generation)));
    }
    BackupObjects needed;
    for (std::size_t i = dropped; i < complete.size(); ++i) needed.merge(TRY(read_objects(complete[i])));
    std::vector<ObjectId> unneeded;
    TRY(objects_.list([&](const ObjectInfo& object) -> Status {
        if (!needed.contains(object.id)) unneeded.push_back(object.id);
        return {};
    }));
    for (const ObjectId& id : unneeded) TRY(objects_.remove(id));
    return dropped;
}

} // namespace inlet
