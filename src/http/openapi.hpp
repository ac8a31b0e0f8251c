// The OpenAPI 3.1 document, made from the table of routes that the server itself goes by. Floor 5; a plain function.
#pragma once

#include <string>
#include <vector>

#include "http/router.hpp"

namespace inlet::http {

std::string openapi_json(const std::vector<Route>& routes);

} // namespace inlet::http
