// Resumable uploads by tus 1.0.0 (https://tus.io/protocols/resumable-upload), with the extensions creation,
// creation-with-upload, creation-defer-length, expiration, checksum, checksum-trailer, termination, concatenation and
// concatenation-unfinished; and by the draft of the IETF (fronts/tus/draft_uploads.hpp). Floor 6; the routes are safe
// from many threads.
#pragma once

#include "contract/current_project.hpp"
#include "http/router.hpp"
#include "pipeline/runner.hpp"
#include "pipeline/uploads.hpp"

namespace inlet::tus {

struct TusParts { // borrowed; outlive the router
    const CurrentProject& project;
    Uploads& uploads;
    Runner& runner;
    const Clock& clock;
};

// Adds the routes below /v1/uploads.
void add_tus(http::Router& router, const TusParts& parts);

} // namespace inlet::tus
