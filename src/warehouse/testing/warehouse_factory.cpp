// See warehouse_factory.hpp.
#include "warehouse/testing/warehouse_factory.hpp"

#include <atomic>
#include <filesystem>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "warehouse/testing/fault_warehouse.hpp"

namespace inlet {

namespace {

class Owner {
protected:
    explicit Owner(std::unique_ptr<Warehouse> warehouse) : owned_(std::move(warehouse)) {}
    std::unique_ptr<Warehouse> owned_;
};

class OwningFaultWarehouse final : private Owner, public FaultWarehouse {
public:
    explicit OwningFaultWarehouse(std::unique_ptr<Warehouse> warehouse)
        : Owner(std::move(warehouse)), FaultWarehouse(*owned_) {}
};

} // namespace

void PrintTo(const WarehouseFactory& factory, std::ostream* out) { *out << factory.name; }

WarehouseFactory behind_faults(const WarehouseFactory& factory) {
    WarehouseFactory behind = factory;
    behind.name += "BehindFaults";
    behind.open = [open = factory.open](const Clock& clock, const std::string& folder) -> std::unique_ptr<Warehouse> {
        return std::make_unique<OwningFaultWarehouse>(open(clock, folder));
    };
    return behind;
}

TemporaryFolder::TemporaryFolder() {
    static std::atomic<int> count = 0;
    path_ = std::filesystem::temp_directory_path() / fmt::format("inlet-warehouse-{}-{}", ::getpid(), ++count);
    std::filesystem::create_directories(path_);
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored; // nothing can be done about it here
    std::filesystem::remove_all(path_, ignored);
}

} // namespace inlet
