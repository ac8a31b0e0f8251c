// What was published when.
#include <fmt/format.h>

#include "access/submission_rights.hpp"
#include "base/json_writer.hpp"
#include "fronts/http/api.hpp"
#include "fronts/http/request_reading.hpp"
#include "warehouse/version_json.hpp"

namespace inlet::http {

namespace {

bool may_see_line(const Principal& principal, const VersionEntry& entry) {
    return principal.may(Permission::read, entry.dataset);
}

Result<Response> newest_lines(const ApiParts& parts, const Request& request) {
    const std::size_t wanted = TRY(limit_of(request));
    const std::string* named = request.parameter("dataset");
    const std::string table = named == nullptr ? std::string() : *named;
    const bool exists = parts.project->dataset(table) != nullptr || parts.project->model(table) != nullptr;
    if (named != nullptr && (!exists || !request.principal.may(Permission::read, table)))
        return fail(FailureCode::unknown_dataset, fmt::format("there is no dataset or model `{}`", table));
    std::vector<VersionEntry> lines;
    // Lines that the caller may not see are passed over, however many they are.
    for (std::size_t limit = wanted;; limit *= 4) {
        lines.clear();
        const std::vector<VersionEntry> newest = TRY(parts.warehouse.versions(table, limit));
        for (const VersionEntry& entry : newest) {
            if (lines.size() < wanted && may_see_line(request.principal, entry)) lines.push_back(entry);
        }
        if (lines.size() == wanted || newest.size() < limit) break;
    }
    JsonWriter json;
    json.begin_object().key("versions").begin_array();
    for (const VersionEntry& entry : lines) write_version(json, entry);
    json.end_array().end_object();
    return json_response(200, json.take());
}

Result<Response> lines_of_one(const ApiParts& parts, const Request& request) {
    const std::string& text = request.values.at("version");
    const auto asked = number("version", text, 1);
    std::vector<VersionEntry> lines;
    if (asked) lines = TRY(version_lines(parts.warehouse, Version(*asked)));
    std::erase_if(lines, [&](const VersionEntry& entry) { return !may_see_line(request.principal, entry); });
    if (lines.empty()) return fail(FailureCode::unknown_version, fmt::format("there is no version {}", text));
    JsonWriter json;
    json.begin_object().key("versions").begin_array();
    for (const VersionEntry& entry : lines) write_version(json, entry);
    json.end_array().end_object();
    return json_response(200, json.take());
}

} // namespace

void add_versions_api(Router& router, const ApiParts& parts) {
    router.add({.path = "/v1/versions",
                .id = "listVersions",
                .summary = "What was published when, newest first: a line for each dataset or model that a version "
                           "changed",
                .parameters = {{"dataset", "only of this dataset or model", kNameSchema},
                               {"limit", "lines at most", R"({"type":"integer","minimum":1,"maximum":1000})"}},
                .answers = {{200, "the lines", "application/json"}},
                .failures = {FailureCode::unknown_dataset},
                .needs = Needs::grants,
                .handler = [parts](const Request& request, ByteSource&) { return newest_lines(parts, request); }});
    router.add({.path = "/v1/versions/{version}",
                .path_values = {{"version", kIdSchema}},
                .id = "getVersion",
                .summary = "All lines of one version",
                .answers = {{200, "the lines", "application/json"}},
                .failures = {FailureCode::unknown_version},
                .needs = Needs::grants,
                .handler = [parts](const Request& request, ByteSource&) { return lines_of_one(parts, request); }});
}

} // namespace inlet::http
