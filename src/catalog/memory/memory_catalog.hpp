// A catalog that lives as long as its object: for tests, and as the plain statement of what the interface means.
// Floor 3.
#pragma once

#include <memory>

#include "base/clock.hpp"
#include "catalog/catalog.hpp"

namespace inlet {

// The clock is borrowed and outlives the catalog.
std::unique_ptr<Catalog> make_memory_catalog(const Clock& clock);

} // namespace inlet
