// Whom a request comes from, where proxies stand in front: `X-Forwarded-For`, which every proxy can write, and
// `Forwarded` (RFC 7239). Floor 5; pure.
#pragma once

#include <string>

#include "contract/server_config.hpp"
#include "http/message.hpp"

namespace inlet::http {

struct Client {
    std::string address;  // empty: not known, and it came through a Unix socket
    bool relayed = false; // see Request
};

// `peer` is who is connected; empty: through a Unix socket. Only what a trusted proxy wrote is believed: the chain is
// read from its end, up to the first address that is no trusted proxy's. Where it names none, the last that is known
// counts.
Client client_of(const std::string& peer, const Headers& headers, const TrustedProxies& proxies);

} // namespace inlet::http
