// Digests that a client sends along with a body (RFC 9530). Floor 5; one thread.
#pragma once

#include <memory>
#include <string_view>

#include "http/message.hpp"

namespace inlet::http {

// `body`, held against the headers Content-Digest and Repr-Digest while it is read; null if there is none of them with
// sha-256 or sha-512, the algorithms in use. At its end the source answers with checksum-mismatch if it is not what was
// announced. Errors: bad-argument (a digest that is none).
Result<std::unique_ptr<ByteSource>> check_digest(const Headers& headers, ByteSource& body);

// The same of a body in memory.
Status check_digest(const Headers& headers, std::string_view body);

} // namespace inlet::http
