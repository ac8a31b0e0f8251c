// `access:` of a project: roles, users, anonymous. Floor 1, inside contract/; one thread.
#pragma once

#include "contract/project.hpp"
#include "contract/reading/document.hpp"
#include "contract/reading/files.hpp"
#include "contract/reading/mistakes.hpp"

namespace inlet::reading {

// `project` has its datasets and packages already: a grant for none of them is a mistake.
AccessRules read_access(const Element& node, Place place, const Project& project, const ProjectFiles& files,
                        const Page& page);

} // namespace inlet::reading
