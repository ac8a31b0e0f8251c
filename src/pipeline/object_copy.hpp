// Objects from one store into another. Floor 5; plain functions.
#pragma once

#include "objects/object_store.hpp"

namespace inlet {

// Copies an object under the hash that it must have: what has another is removed again, and is object-corrupt. Errors:
// object-missing, of the stores.
Status copy_object(const ObjectStore& from, ObjectStore& to, const ObjectId& id);

} // namespace inlet
