// What was kept of a submission, opened again. Floor 5.
#pragma once

#include <memory>

#include "catalog/catalog.hpp"
#include "objects/object_store.hpp"

namespace inlet {

// An object that `record` names, its bytes held against their hash. Errors: object-corrupt, naming the submission;
// object-missing, and of the store.
Result<std::unique_ptr<ObjectReader>> open_kept(const ObjectStore& objects, const SubmissionRecord& record,
                                                const ObjectId& id);

} // namespace inlet
