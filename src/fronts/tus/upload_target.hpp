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

// Whether who asks may deliver to the target; of a partial upload, which has none yet: to any. Errors: forbidden;
// unknown-dataset and unknown-package, also for what they may not see.
Status may_submit(const Project& project, const http::Request& request, UploadKind kind, const std::string& target,
                  bool is_package);

// Target and file name: what the metadata say, or the query, or the only dataset there is. Errors: ambiguous-target,
// those of may_submit().
Status set_target(const Project& project, const http::Request& request, const Metadata& metadata, NewUpload& upload);

} // namespace inlet::tus
