// The audit log, for admins.
#include "base/json_writer.hpp"
#include "catalog/audit_json.hpp"
#include "fronts/http/api.hpp"
#include "fronts/http/request_reading.hpp"
#include "fronts/http/schemas.hpp"

namespace inlet::http {

namespace {

Result<Response> entries(AuditLog& audit, const Request& request) {
    const std::size_t limit = TRY(limit_of(request));
    std::int64_t before = 0;
    if (const std::string* text = request.parameter("cursor")) before = TRY(number("cursor", *text, 1));
    const std::vector<AuditEntry> page = TRY(audit.newest(before, limit));
    JsonWriter json;
    json.begin_object().key("entries").begin_array();
    for (const AuditEntry& entry : page) write_audit_entry(json, entry);
    json.end_array().key("cursor");
    if (page.size() == limit && page.back().number > 1)
        json.value(std::to_string(page.back().number));
    else
        json.null();
    json.end_object();
    return json_response(200, json.take());
}

} // namespace

void add_audit_api(Router& router, const ApiParts& parts) {
    router.add({.path = "/v1/audit",
                .id = "listAudit",
                .summary = "Who did what, newest first",
                .parameters = {{"limit", "how many at most", R"({"type":"integer","minimum":1,"maximum":1000})"},
                               {"cursor", "of the page before", kIdSchema}},
                .answers = {{200, "a page", "application/json", audit_schema()}},
                .needs = Needs::admin,
                .handler = [&audit = parts.catalog.audit()](const Request& request, ByteSource&) {
                    return entries(audit, request);
                }});
}

} // namespace inlet::http
