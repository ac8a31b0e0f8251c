// What is worked on, and what waits for it.
#include "fronts/http/api.hpp"

#include "access/submission_rights.hpp"
#include "base/json_writer.hpp"
#include "catalog/job_list.hpp"
#include "fronts/http/request_reading.hpp"

namespace inlet::http {

namespace {

Result<Response> list_jobs(const ApiParts& parts, const Request& request) {
    JsonWriter json;
    json.begin_object().key("jobs").begin_array();
    for (const OpenJob& open : TRY(open_jobs(parts.catalog))) {
        if (may_see(request.principal, *parts.project, open.record)) write_job(json, open);
    }
    json.end_array();
    if (request.principal.is_admin()) {
        json.key("records").begin_object().member("waiting", TRY(parts.catalog.inbox().count_waiting()));
        if (const auto oldest = TRY(parts.catalog.inbox().oldest({}))) json.member("oldest", iso_moment(*oldest));
        json.end_object();
    }
    json.end_object();
    return json_response(200, json.take());
}

} // namespace

void add_jobs_api(Router& router, const ApiParts& parts) {
    router.add({.path = "/v1/jobs",
                .id = "listJobs",
                .summary = "What is being worked on and what waits, in the order of receipt",
                .answers = {{200, "the jobs that the caller may see", "application/json"}},
                .needs = Needs::grants,
                .handler = [parts](const Request& request, ByteSource&) { return list_jobs(parts, request); }});
}

} // namespace inlet::http
