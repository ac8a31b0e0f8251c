// Pickups in a vector. Floor 3, for the memory catalog alone. Safe from many threads.
#pragma once

#include <mutex>

#include "catalog/pickups.hpp"

namespace inlet {

class MemoryPickups final : public Pickups {
public:
    Result<std::int64_t> put(const PickupRecord& record) override;
    Status remove(std::int64_t number) override;
    Result<std::vector<PickupRecord>> open(std::string_view provider, std::string_view folder) override;
    Result<std::vector<PickupRecord>> of_file(std::string_view provider, std::string_view folder,
                                              std::string_view name) override;

private:
    std::mutex mutex_;                  // over all below
    std::vector<PickupRecord> records_; // by number
    std::int64_t last_ = 0;
};

} // namespace inlet
