// A warehouse that is opened when it is first asked for something: most commands that need a pipeline never touch the
// data, and opening the database costs more than all they do. Floor 7; as safe from threads as what it opens.
#pragma once

#include <functional>
#include <memory>

#include "warehouse/warehouse.hpp"

namespace inlet {

// `open` is called once, from whichever thread comes first; if it fails, every call answers its error. What it returns
// is borrowed.
std::unique_ptr<Warehouse> make_deferred_warehouse(std::function<Result<Warehouse*>()> open);

} // namespace inlet
