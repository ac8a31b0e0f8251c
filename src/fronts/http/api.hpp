// The calls under /v1: deliveries in, and what became of them. Floor 6; the routes are safe from many threads.
#pragma once

#include "access/keyring.hpp"
#include "catalog/catalog.hpp"
#include "contract/current_project.hpp"
#include "http/router.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/runner.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::http {

struct ApiParts { // borrowed; outlive the router
    const CurrentProject& project;
    Catalog& catalog;
    Warehouse& warehouse;
    Pipeline& pipeline;
    Runner& runner;
};

// Adds all routes, /livez, /readyz and /openapi.json included.
void add_api(Router& router, const ApiParts& parts);
// Some of them, each in a file of its own.
void add_datasets_api(Router& router, const ApiParts& parts);
void add_submissions_api(Router& router, const ApiParts& parts);

// Takes the key from `Authorization: Bearer KEY` or `X-API-Key: KEY` and puts the principal's name into the request.
// Errors: unauthenticated, the catalog's.
Status authenticate(const Keyring& keyring, Request& request);

} // namespace inlet::http
