// Reading again what was stored long ago: disks rot and people edit. Floor 3. Safe from many threads.
#pragma once

#include <memory>

#include "objects/object_store.hpp"

namespace inlet {

// Opens an object after reading it through once: its bytes have the hash that it is stored under. Errors:
// object-missing, object-corrupt, and of the store. What changes after that is not seen.
Result<std::unique_ptr<ObjectReader>> open_verified(const ObjectStore& objects, const ObjectId& id);

} // namespace inlet
