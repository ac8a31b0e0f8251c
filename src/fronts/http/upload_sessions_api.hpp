// Upload sessions: somebody with a key asks for signed addresses, somebody without one sends the bytes to them, and
// what arrived is acknowledged. Floor 6; the routes are safe from many threads.
#pragma once

#include "fronts/http/api.hpp"
#include "fronts/http/url_signer.hpp"
#include "pipeline/uploads.hpp"

namespace inlet::http {

struct UploadSessionParts { // borrowed; outlive the router
    const ApiParts& api;    // copied
    Uploads& uploads;
    const UrlSigner& signer;
};

// Adds /v1/upload-sessions and /v1/datasets/{dataset}/files/{path}/action/acknowledge.
void add_upload_sessions(Router& router, const UploadSessionParts& parts);

} // namespace inlet::http
