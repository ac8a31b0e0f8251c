#include "fronts/http/api.hpp"

#include "http/openapi.hpp"

namespace inlet::http {

namespace {

Response text_response(std::string text) {
    Response response;
    response.headers.add("Content-Type", "text/plain");
    response.body = std::move(text);
    return response;
}

Result<Response> ready(const ApiParts& parts) {
    TRY(parts.catalog.list({.limit = 1}));
    TRY(parts.warehouse.tables());
    Response response;
    response.headers.add("Content-Type", "text/plain");
    response.body = "ready\n";
    return response;
}

void add_health(Router& router, const ApiParts& parts) {
    router.add({.path = "/livez",
                .id = "isAlive",
                .summary = "Whether the process answers",
                .answers = {{200, "it does", "text/plain"}},
                .needs = Needs::nothing,
                .handler = [](const Request&, ByteSource&) -> Result<Response> { return text_response("alive\n"); }});
    router.add({.path = "/readyz",
                .id = "isReady",
                .summary = "Whether the stores answer",
                .answers = {{200, "they do", "text/plain"}},
                .failures = {FailureCode::catalog_failed, FailureCode::warehouse_failed},
                .needs = Needs::nothing,
                .handler = [parts](const Request&, ByteSource&) { return ready(parts); }});
}

} // namespace

void add_watching_api(Router& router, const Metrics& metrics, const ApiParts& parts) {
    add_health(router, parts);
    add_metrics_api(router, metrics, [](const Request&) { return true; });
}

void add_api(Router& router, const ApiParts& parts) {
    add_health(router, parts);
    add_datasets_api(router, parts);
    add_files_api(router, parts);
    add_packages_api(router, parts);
    add_submissions_api(router, parts);
    add_undo_api(router, parts);
    add_versions_api(router, parts);
    add_records_api(router, parts);
    add_keys_api(router, parts);
    add_audit_api(router, parts);
    add_events_api(router, parts);
    add_notifications_api(router, parts);
    add_jobs_api(router, parts);
    add_backups_api(router, parts);
    add_keeping_api(router, parts);
    router.add({.path = "/openapi.json",
                .id = "getOpenapi",
                .summary = "This document",
                .answers = {{200, "OpenAPI 3.1", "application/json"}},
                .needs = Needs::nothing,
                .handler = [&router](const Request&, ByteSource&) -> Result<Response> {
                    return json_response(200, openapi_json(router.routes()));
                }});
}

} // namespace inlet::http
