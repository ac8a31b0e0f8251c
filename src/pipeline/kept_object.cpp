#include "pipeline/kept_object.hpp"

#include <fmt/format.h>

#include "objects/verified_object.hpp"
#include "pipeline/part_outputs.hpp"

namespace inlet {

Result<std::unique_ptr<ObjectReader>> open_kept(const ObjectStore& objects, const SubmissionRecord& record,
                                                const ObjectId& id) {
    auto object = open_verified(objects, id);
    if (object || object.error().code != FailureCode::object_corrupt) return object;
    const bool is_output = id.space == kOutputSpace;
    Error error = std::move(object.error());
    error.message =
        fmt::format("what was kept of {} submission {} ({}) is damaged: {}",
                    is_output ? "the errors of" : "the bytes of", record.id.value, record.file_name, error.message);
    return fail(std::move(error).with("submission", std::to_string(record.id.value)));
}

} // namespace inlet
