// The dataset or package that a call is about, if its caller may do what it asks. Floor 6; plain functions.
#pragma once

#include "contract/project.hpp"
#include "http/message.hpp"

namespace inlet::http {

// The route's {dataset}. Errors: unknown-dataset, also for one that the caller does not know; forbidden.
Result<const Dataset*> find_dataset(const Project& project, const Request& request, Permission permission);
// The route's {package}. Errors: unknown-package, forbidden.
Result<const Package*> find_package(const Project& project, const Request& request, Permission permission);

} // namespace inlet::http
