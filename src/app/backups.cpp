#include "app/backups.hpp"

#include <fmt/format.h>

#include "app/help.hpp"
#include "base/json_writer.hpp"
#include "objects/directory/directory_store.hpp"

namespace inlet {

Result<std::unique_ptr<Backups>> Backups::open(Session& session, std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (path.empty()) return fail(FailureCode::bad_argument, "the folder of the backups has no name");
    auto objects = TRY(open_directory_store(session.disk(), session.clock(), BackupFolder::objects_path(path)));
    return std::unique_ptr<Backups>(new Backups(session.disk(), std::move(objects), std::move(path)));
}

Result<BackupReport> back_up(Session& session, Pipeline& pipeline, const std::string& path, std::size_t keep) {
    const auto backups = TRY(Backups::open(session, path));
    return pipeline.back_up(backups->folder(), fmt::format("inlet {}", kProgramVersion), keep);
}

void write_backup(JsonWriter& json, const BackupReport& report) {
    const BackupManifest& manifest = report.manifest;
    json.begin_object().member("generation", manifest.generation).member("begun_at", iso_moment(manifest.begun_at));
    json.member("objects", manifest.objects).member("object_bytes", manifest.object_bytes);
    json.member("new_objects", report.new_objects).member("new_bytes", report.new_bytes);
    json.member("catalog_bytes", manifest.files.at(kBackupCatalog).bytes);
    json.member("warehouse_bytes", manifest.files.at(kBackupWarehouse).bytes).member("dropped", report.dropped);
    json.key("damaged").begin_array();
    for (const Error& error : report.damaged) {
        json.begin_object().member("code", failure_info(error.code).code).member("message", error.message).end_object();
    }
    json.end_array().end_object();
}

} // namespace inlet
