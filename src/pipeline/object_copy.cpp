#include "pipeline/object_copy.hpp"

#include <vector>

#include <fmt/format.h>

namespace inlet {

namespace {
constexpr std::size_t kBlockBytes = 256U << 10U;
} // namespace

Status copy_object(const ObjectStore& from, ObjectStore& to, const ObjectId& id) {
    const auto reader = TRY(from.open(id));
    const auto writer = TRY(to.create(id.space));
    std::vector<std::byte> block(kBlockBytes);
    for (std::uint64_t offset = 0;;) {
        const std::size_t count = TRY(reader->pread(block, offset));
        if (count == 0) break;
        TRY(writer->write(std::span(block).first(count)));
        offset += count;
    }
    const ObjectInfo stored = TRY(writer->finish());
    if (stored.id == id) return {};
    TRY(to.remove(stored.id));
    return fail(Error(FailureCode::object_corrupt,
                      fmt::format("object {}/{} has other bytes than were stored: their SHA-256 is {}", id.space,
                                  id.sha256, stored.id.sha256))
                    .with("object", fmt::format("{}/{}", id.space, id.sha256)));
}

} // namespace inlet
