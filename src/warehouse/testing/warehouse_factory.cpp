// See warehouse_factory.hpp.
#include "warehouse/testing/warehouse_factory.hpp"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/disk.hpp"
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
    path_ = temporary_name(std::filesystem::temp_directory_path().string(), "inlet-warehouse");
    std::filesystem::create_directories(path_);
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored; // nothing can be done about it here
    std::filesystem::remove_all(path_, ignored);
}

} // namespace inlet
