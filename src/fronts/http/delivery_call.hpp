// Taking a delivery in over HTTP: to a dataset, a package, or as a file of a dataset of files. Floor 6; plain
// functions.
#pragma once

#include <string>

#include "fronts/http/api.hpp"

namespace inlet::http {

struct DeliveryTarget {
    std::string name;
    bool is_package = false;
    const Dataset* files = nullptr; // the dataset, if it is one of files
    std::string path;               // of the file in it; empty: what the request says
};

// The call's answer: what was received and, with `Prefer: wait=N`, what became of it. Errors: those of the body and of
// Pipeline::receive().
Result<Response> take_delivery(const ApiParts& parts, const Request& request, ByteSource& body,
                               const DeliveryTarget& target);
// The same of what was received already.
Result<Response> delivery_response(const ApiParts& parts, const Request& request, const Received& received);

} // namespace inlet::http
