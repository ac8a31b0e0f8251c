// Requests that may be repeated: the answer to each is kept under the key that the client gave it (the header
// Idempotency-Key, draft-ietf-httpapi-idempotency-key-header). Floor 3. Safe from many threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace inlet {

struct RequestKey {
    std::string principal;
    std::string key;
    std::string sha256; // of what makes the request: method, address and body
};

struct StoredAnswer {
    unsigned status = 0;
    std::string location; // of what it tells of; also the header, if there are no `headers`
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers; // all; none: JSON

    bool operator==(const StoredAnswer&) const = default;
};

// A request with its answer, to be kept in the same change as what the request did.
struct AnsweredRequest {
    RequestKey request;
    StoredAnswer answer;
};

class Requests {
public:
    virtual ~Requests() = default;

    struct Earlier {
        std::string sha256; // of the request that was answered
        StoredAnswer answer;
    };
    // Before the body is read, so that request.sha256 is of what stands before it. Nothing: the request is new, and
    // under way from now on. Else what was answered; whether that was the same request tells its sha256. Errors:
    // request-under-way; idempotency-key-reused (what is under way begins otherwise).
    virtual Result<std::optional<Earlier>> begin(const RequestKey& request) = 0;
    // With the sha256 of the whole request. Once more: the later answer counts.
    virtual Status finish(const AnsweredRequest& answered) = 0;
    virtual Status
    abandon(const RequestKey& request) = 0; // it did nothing: the key is free again, unless it is answered
    // At start: whatever was under way when the process ended did not answer, and may be asked for again.
    virtual Status abandon_all() = 0;
    virtual Status forget(Timestamp before) = 0; // answers given before
    // Answers with that location, since what they tell is to be kept no longer.
    virtual Status forget_about(const std::string& location) = 0;
};

// Where a submission is asked for: the location of the answers that tell of it.
std::string submission_address(SubmissionId id);

} // namespace inlet
