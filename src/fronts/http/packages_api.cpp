// The packages: what is delivered as one, and by which file name it is known.
#include "access/submission_rights.hpp"
#include "base/json_writer.hpp"
#include "fronts/http/api.hpp"

namespace inlet::http {

namespace {

std::string packages_json(const Project& project, const Principal& principal) {
    JsonWriter json;
    json.begin_object().key("packages").begin_array();
    for (const Package& package : project.packages) {
        if (!knows(principal, package)) continue;
        json.begin_object().member("name", package.name).member("match", package.match);
        json.key("members").begin_object();
        for (const auto& [member, dataset] : package.members) json.member(member, dataset);
        json.end_object().end_object();
    }
    json.end_array().end_object();
    return json.take();
}

} // namespace

void add_packages_api(Router& router, const ApiParts& parts) {
    router.add({.path = "/v1/packages",
                .id = "listPackages",
                .summary = "The packages, with the pattern of their files' names and their members",
                .answers = {{200, "all of them", "application/json"}},
                .needs = Needs::grants,
                .handler = [parts](const Request& request, ByteSource&) -> Result<Response> {
                    return json_response(200, packages_json(*parts.project, request.principal));
                }});
}

} // namespace inlet::http
