// Which web pages' scripts may call, and what they may see (the Fetch standard, "HTTP-CORS protocol"). Floor 5; pure.
#pragma once

#include <optional>

#include "contract/server_config.hpp"
#include "http/message.hpp"

namespace inlet::http {

// A browser's question before a call of its page; nothing if the request is none, or of no page that may call.
std::optional<Response> preflight(const Cors& cors, const Request& request);
// Lets the page that sent the request see the response, if it may.
void allow_origin(const Cors& cors, const Request& request, Response& response);

} // namespace inlet::http
