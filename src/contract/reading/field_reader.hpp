// Reads one field of a Table Schema, its format and its constraints. Floor 1, inside contract/; one thread.
#pragma once

#include <cstddef>

#include "contract/field.hpp"
#include "contract/reading/document.hpp"
#include "contract/reading/mistakes.hpp"

namespace inlet::reading {

// `position` names a field that has no name. The name is empty if it could not be read.
Field read_field(const Element& node, std::size_t position, const Page& page);

} // namespace inlet::reading
