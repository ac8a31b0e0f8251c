// Deliveries at a server, by its calls under /v1. Floor 7; one thread.
#pragma once

#include <memory>
#include <string>

#include "app/deliveries.hpp"
#include "client/http_client.hpp"

namespace inlet {

class Session;

// Errors: bad-argument (no such address).
Result<std::unique_ptr<Deliveries>> make_remote_deliveries(Session& session, const client::ServerAddress& address);

// Whether a server answers at a Unix socket.
bool server_answers_at(const std::string& socket);

} // namespace inlet
