// A request's body as a route sees it, and what can be said to the sender before the answer. Floor 5; one thread,
// except for give_up().
#pragma once

#include "http/message.hpp"
#include "records/byte_source.hpp"

namespace inlet::http {

class Body : public ByteSource {
public:
    // The fields behind the last chunk that no header has (RFC 9112, section 7.1.2); there once read() has given 0.
    virtual Headers trailers() const = 0;
    // Sends an interim response (RFC 9110, section 15.2), unless the request is HTTP/1.0. Does not wait for it.
    virtual void inform(unsigned status, std::string_view reason, const Headers& headers) = 0;
    // From any thread: read() fails with this from now on.
    virtual void give_up(Error error) = 0;
};

} // namespace inlet::http
