// The ways in that are watched, and how they fare.
#include "fronts/http/api.hpp"
#include "fronts/http/schemas.hpp"

#include <utility>

#include "base/json_writer.hpp"

namespace inlet::http {

namespace {

std::string sources_json(const std::vector<SourceReport>& reports) {
    JsonWriter json;
    json.begin_object().key("sources").begin_array();
    for (const SourceReport& report : reports) {
        json.begin_object().member("provider", report.provider).member("folder", report.source->folder);
        json.member("pattern", report.source->pattern);
        json.member(report.source->target_is_package ? "package" : "dataset", report.source->target);
        json.member("settle_seconds", report.source->settle.count()).key("troubles").begin_array();
        for (const Error& error : report.troubles) {
            const FailureInfo& info = failure_info(error.code);
            json.begin_object().member("code", info.code).member("detail", error.message);
            json.member("what_to_do", info.what_to_do).end_object();
        }
        json.end_array().end_object();
    }
    json.end_array().end_object();
    return json.take();
}

} // namespace

void add_sources_api(Router& router, std::function<std::vector<SourceReport>()> reports) {
    router.add({.path = "/v1/sources",
                .id = "listSources",
                .summary = "The watch folders, and what is wrong with each now",
                .answers = {{200, "the sources", "application/json", sources_schema()}},
                .needs = Needs::admin,
                .handler = [reports = std::move(reports)](const Request&, ByteSource&) -> Result<Response> {
                    return json_response(200, sources_json(reports()));
                }});
}

} // namespace inlet::http
