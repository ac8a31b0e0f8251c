#include "catalog/memory/memory_pickups.hpp"

#include <algorithm>

namespace inlet {

Result<std::int64_t> MemoryPickups::put(const PickupRecord& record) {
    const std::lock_guard lock(mutex_);
    PickupRecord stored = record;
    if (stored.number == 0) stored.number = last_ + 1;
    last_ = std::max(last_, stored.number);
    std::erase_if(records_, [&](const PickupRecord& other) { return other.number == stored.number; });
    const auto place = std::ranges::upper_bound(records_, stored.number, {}, &PickupRecord::number);
    const std::int64_t number = stored.number;
    records_.insert(place, std::move(stored));
    return number;
}

Status MemoryPickups::remove(std::int64_t number) {
    const std::lock_guard lock(mutex_);
    std::erase_if(records_, [&](const PickupRecord& record) { return record.number == number; });
    return {};
}

Result<std::vector<PickupRecord>> MemoryPickups::open(std::string_view provider, std::string_view folder) {
    const std::lock_guard lock(mutex_);
    std::vector<PickupRecord> found;
    std::ranges::copy_if(records_, std::back_inserter(found), [&](const PickupRecord& record) {
        return record.provider == provider && record.folder == folder && record.state != PickupState::answered;
    });
    return found;
}

Result<std::vector<PickupRecord>> MemoryPickups::of_file(std::string_view provider, std::string_view folder,
                                                         std::string_view name) {
    const std::lock_guard lock(mutex_);
    std::vector<PickupRecord> found;
    std::ranges::copy_if(records_, std::back_inserter(found), [&](const PickupRecord& record) {
        return record.provider == provider && record.folder == folder && record.name == name;
    });
    return found;
}

} // namespace inlet
