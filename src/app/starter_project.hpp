// The project that `inlet serve` makes where there is none, so that the first minute needs no manual. Floor 7; plain
// functions.
#pragma once

#include <string>

#include "base/disk.hpp"
#include "base/result.hpp"

namespace inlet {

// Writes inlet.yaml into the current folder, durably. It must not be there.
Status make_starter_project(Disk& disk);
// The curl commands of a first delivery that is accepted and one that is rejected, and what to do next.
std::string first_steps(const std::string& url, const std::string& key);

} // namespace inlet
