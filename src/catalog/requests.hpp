// Requests that may be repeated: the answer to each is kept under the key that the client gave it (the header
// Idempotency-Key, draft-ietf-httpapi-idempotency-key-header). Floor 3. Safe from many threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace inlet {

struct RequestKey {
    std::string principal;
    std::string key;
    std::string sha256; // of what makes the request: method, address and body
};

struct StoredAnswer {
    unsigned status = 0;
    std::string location; // header; empty: none
    std::string body;     // JSON

    bool operator==(const StoredAnswer&) const = default;
};

class Requests {
public:
    virtual ~Requests() = default;

    // Nothing: the request is new, and under way from now on. Else its answer. Errors: idempotency-key-reused (the key
    // came with another request), request-under-way.
    virtual Result<std::optional<StoredAnswer>> begin(const RequestKey& request) = 0;
    virtual Status finish(const RequestKey& request, const StoredAnswer& answer) = 0;
    virtual Status abandon(const RequestKey& request) = 0; // it did nothing: the key is free again
    // At start: whatever was under way when the process ended did not answer, and may be asked for again.
    virtual Status abandon_all() = 0;
    virtual Status forget(Timestamp before) = 0; // answers given before
};

} // namespace inlet
