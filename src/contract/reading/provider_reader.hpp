// Reads who sends and on which ways. Floor 1, inside contract/; one thread.
#pragma once

#include <vector>

#include "contract/project.hpp"
#include "contract/reading/document.hpp"
#include "contract/reading/files.hpp"
#include "contract/reading/mistakes.hpp"

namespace inlet::reading {

// After all others, as sources name datasets and packages of `project`, and its folders must not be theirs.
std::vector<Provider> read_providers(const Element& node, Place place, const Project& project,
                                     const ProjectFiles& files, const Page& page);

} // namespace inlet::reading
