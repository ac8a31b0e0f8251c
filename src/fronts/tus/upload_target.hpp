// Who uploads, and where to, whichever protocol is spoken. Floor 6; plain functions.
#pragma once

#include "contract/project.hpp"
#include "fronts/tus/upload_headers.hpp"
#include "http/message.hpp"
#include "pipeline/uploads.hpp"

namespace inlet::tus {

inline constexpr const char* kAddress = "/v1/uploads";

UploadCaller caller_of(const http::Request& request);

// Whether the request announces bytes.
bool has_body(const http::Request& request);

// Target and file name: what the metadata say, or the query, or the only dataset there is. Error: ambiguous-target.
Status set_target(const Project& project, const http::Request& request, const Metadata& metadata, NewUpload& upload);

} // namespace inlet::tus
