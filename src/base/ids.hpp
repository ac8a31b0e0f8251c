// Strong types for the numbers that name things. Floor 0; values.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace inlet {

// A number that names one kind of thing; numbers of two kinds do not mix. 0 names nothing.
template <class Tag>
struct Id {
    std::int64_t value = 0;

    constexpr Id() = default;
    constexpr explicit Id(std::int64_t number) : value(number) {}
    constexpr explicit operator bool() const { return value != 0; }
    friend constexpr auto operator<=>(Id, Id) = default;
};

using SubmissionId = Id<struct SubmissionTag>; // given by the catalog in the order of receipt; grows
using PartId = Id<struct PartTag>;
using LeaseNumber = Id<struct LeaseTag>; // of the right to work on a submission; grows
using Version = Id<struct VersionTag>;   // one publishing transaction; only grows; 0 is before the first

} // namespace inlet

template <class Tag>
struct std::hash<inlet::Id<Tag>> {
    std::size_t operator()(inlet::Id<Tag> id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};
