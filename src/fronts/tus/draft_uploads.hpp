// Resumable uploads by draft-ietf-httpbis-resumable-upload (the text after -11), on the same uploads and at the same
// addresses as those of tus. Floor 6; safe from many threads.
//
// Upload-Draft-Interop-Version is in that text no more; who sends it gets it back with the interim responses, since
// older clients look for it.
#pragma once

#include "fronts/tus/tus_api.hpp"

namespace inlet::tus {

inline constexpr const char* kPartialUpload = "application/partial-upload";

// Whether a request to begin an upload, or to go on with one, speaks it.
bool speaks_draft(const http::Request& request);

class DraftUploads {
public:
    explicit DraftUploads(const TusParts& parts) : parts_(parts) {}

    // Each answers failures too, since those have headers.
    http::Response create(const http::Request& request, http::Body& body) const;
    http::Response look(const http::Request& request) const;
    http::Response append(const http::Request& request, http::Body& body) const;
    http::Response terminate(const http::Request& request) const;

    std::string limits() const; // Upload-Limit, of an upload that is yet to be begun

private:
    Result<http::Response> begin(const http::Request& request, http::Body& body) const;
    Result<http::Response> go_on(const http::Request& request, http::Body& body) const;
    Result<http::Response> state(const http::Request& request) const;
    Result<UploadRecord> take(const http::Request& request, http::Body& body, const UploadRecord& before,
                              UploadPiece piece) const;
    Result<http::Response> outcome(const http::Request& request, const UploadRecord& record) const;
    http::Response refusal(const http::Request& request, const Error& error) const;
    std::string limits(const UploadRecord& record) const;

    const TusParts parts_;
};

} // namespace inlet::tus
