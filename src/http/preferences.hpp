// What a request prefers, and moments as HTTP writes them. Floor 5; plain functions.
#pragma once

#include <chrono>
#include <ctime>
#include <string>

#include "http/message.hpp"

namespace inlet::http {

// The seconds of `Prefer: wait=N` (RFC 7240, section 4.3), 60 at most; 0 without.
std::chrono::seconds wait_of(const Request& request);

// "Fri, 20 Nov 2026 16:17:33 GMT" (RFC 9110, section 5.6.7).
std::string http_date(std::time_t moment);

} // namespace inlet::http
