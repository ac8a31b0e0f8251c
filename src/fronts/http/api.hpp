// The calls under /v1: deliveries in, and what became of them. Floor 6; the routes are safe from many threads.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "access/authenticator.hpp"
#include "base/metrics.hpp"
#include "catalog/catalog.hpp"
#include "contract/current_project.hpp"
#include "http/router.hpp"
#include "notify/event_hub.hpp"
#include "notify/notifier.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/runner.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::http {

// Which events the one who asks may see; empty: all.
using EventSight = std::function<std::function<bool(const LoggedEvent& event)>(const Request& request)>;

struct ApiParts { // references are borrowed; outlive the router
    const CurrentProject& project;
    Catalog& catalog;
    Warehouse& warehouse;
    Pipeline& pipeline;
    Runner& runner;
    std::function<Keyring&()> keyring; // may be another after a reload
    const Clock& clock;
    EventHub& events;
    std::string event_source; // see cloud_event()
    Notifier& notifier;
    // Makes a backup in a folder, of which it keeps so many generations (0: all); what it did, as JSON.
    std::function<Result<std::string>(const std::string& folder, std::size_t keep)> back_up;
    EventSight event_sight = {};
};

// Adds all routes, /livez, /readyz and /openapi.json included.
void add_api(Router& router, const ApiParts& parts);
// Some of them, each in a file of its own.
void add_datasets_api(Router& router, const ApiParts& parts);
void add_files_api(Router& router, const ApiParts& parts);
void add_packages_api(Router& router, const ApiParts& parts);
void add_submissions_api(Router& router, const ApiParts& parts);
void add_undo_api(Router& router, const ApiParts& parts);
void add_versions_api(Router& router, const ApiParts& parts);
void add_records_api(Router& router, const ApiParts& parts);
void add_events_api(Router& router, const ApiParts& parts);
void add_notifications_api(Router& router, const ApiParts& parts);
void add_jobs_api(Router& router, const ApiParts& parts);
void add_backups_api(Router& router, const ApiParts& parts);
void add_keeping_api(Router& router, const ApiParts& parts);

void add_keys_api(Router& router, const ApiParts& parts);
void add_audit_api(Router& router, const ApiParts& parts);

// A way in that is watched, and what is wrong with it now.
struct SourceReport {
    std::string provider;
    const FolderSource* source = nullptr; // outlives the router
    std::vector<Error> troubles;
};
void add_sources_api(Router& router, std::function<std::vector<SourceReport>()> reports);

// GET /metrics, for administrators and for those whom `open_to` lets in without a credential.
void add_metrics_api(Router& router, const Metrics& metrics, std::function<bool(const Request& request)> open_to);
// What a listener answers at which there is nothing else to see: /metrics for everybody, /livez and /readyz.
void add_watching_api(Router& router, const Metrics& metrics, const ApiParts& parts);

// Takes the credential from `Authorization: Bearer KEY`, `X-API-Key: KEY` or `Authorization: Basic ...` (RFC 7617) and
// puts the principal into the request. Errors: unauthenticated, rate-limited, the catalog's.
Status authenticate(Authenticator& authenticator, Request& request);
// Writes a call that has an action into the audit log, failed ones included. The catalog's errors.
Result<AuditHead> write_down(AuditLog& audit, const Route& route, const Request& request, const Response& response);

} // namespace inlet::http
