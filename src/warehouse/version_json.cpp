#include "warehouse/version_json.hpp"

namespace inlet {

void write_version(JsonWriter& json, const VersionEntry& entry) {
    json.begin_object().member("version", entry.number.value).member("published_at", iso_moment(entry.published_at));
    json.member("dataset", entry.dataset).key("submission");
    if (entry.submission)
        json.value(entry.submission.value);
    else
        json.null();
    json.member("kind", entry.kind).member("inserted", entry.counts.inserted);
    json.member("updated", entry.counts.updated).member("deleted", entry.counts.deleted);
    json.member("by", entry.by).key("undoes").begin_array();
    for (const SubmissionId id : entry.undoes) json.value(id.value);
    json.end_array().end_object();
}

Result<std::vector<VersionEntry>> version_lines(Warehouse& warehouse, Version version) {
    for (std::size_t limit = 64;; limit *= 4) {
        const std::vector<VersionEntry> newest = TRY(warehouse.versions("", limit));
        std::vector<VersionEntry> lines;
        for (const VersionEntry& line : newest) {
            if (line.number == version) lines.push_back(line);
        }
        // All lines of a version stand together: past it, none is missing.
        if (newest.size() < limit || newest.back().number < version) return lines;
    }
}

} // namespace inlet
