// Reads the `server` section. Floor 1, inside contract/; one thread.
#pragma once

#include "contract/reading/document.hpp"
#include "contract/reading/files.hpp"
#include "contract/reading/mistakes.hpp"
#include "contract/server_config.hpp"

namespace inlet::reading {

// Paths in it become absolute, below `folder`.
ServerConfig read_server(const Element& node, const std::string& folder, const ProjectFiles& files, const Page& page);

} // namespace inlet::reading
