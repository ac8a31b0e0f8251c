// The calls under /v1: deliveries in, and what became of them. Floor 6; the routes are safe from many threads.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "access/keyring.hpp"
#include "catalog/catalog.hpp"
#include "contract/project.hpp"
#include "http/router.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/runner.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::http {

struct ApiParts { // references are borrowed; outlive the router
    const Project& project;
    Catalog& catalog;
    Warehouse& warehouse;
    Pipeline& pipeline;
    Runner& runner;
    // Makes a backup in a folder, of which it keeps so many generations (0: all); what it did, as JSON.
    std::function<Result<std::string>(const std::string& folder, std::size_t keep)> back_up;
};

// Adds all routes, /livez, /readyz and /openapi.json included.
void add_api(Router& router, const ApiParts& parts);
// Some of them, each in a file of its own.
void add_datasets_api(Router& router, const ApiParts& parts);
void add_submissions_api(Router& router, const ApiParts& parts);
void add_backups_api(Router& router, const ApiParts& parts);

// Takes the key from `Authorization: Bearer KEY` or `X-API-Key: KEY` and puts the principal's name into the request.
// Errors: unauthenticated, the catalog's.
Status authenticate(const Keyring& keyring, Request& request);

} // namespace inlet::http
