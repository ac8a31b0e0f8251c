#include "objects/verified_object.hpp"

#include <fmt/format.h>

#include "objects/running_sha256.hpp"

namespace inlet {

namespace {
constexpr std::size_t kBlockBytes = 256U << 10U;
} // namespace

Result<std::unique_ptr<ObjectReader>> open_verified(const ObjectStore& objects, const ObjectId& id) {
    std::unique_ptr<ObjectReader> object = TRY(objects.open(id));
    RunningSha256 hash;
    std::vector<std::byte> block(kBlockBytes);
    for (std::uint64_t offset = 0;;) {
        const std::size_t count = TRY(object->pread(block, offset));
        if (count == 0) break;
        hash.update(std::span(block).first(count));
        offset += count;
    }
    const std::string found = hash.finish();
    if (found == id.sha256) return object;
    return fail(Error(FailureCode::object_corrupt,
                      fmt::format("object {}/{} has other bytes than were stored: their SHA-256 is {}", id.space,
                                  id.sha256, found))
                    .with("object", fmt::format("{}/{}", id.space, id.sha256)));
}

} // namespace inlet
