// How a test makes a warehouse, whichever it is. Floor 3, testing only.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

struct WarehouseFactory {
    std::string name;
    // Opens the warehouse in the folder, which exists; a durable one finds there what it left.
    std::function<std::unique_ptr<Warehouse>(const Clock& clock, const std::string& folder)> open;
    bool durable = false; // may be closed and opened again, which must change nothing
    bool has_sql = false;
    std::string file{}; // of a durable one: the name in the folder under which it finds what it left
};
void PrintTo(const WarehouseFactory& factory, std::ostream* out); // for GoogleTest

// The same warehouse behind the fault wrapper with no faults.
WarehouseFactory behind_faults(const WarehouseFactory& factory);

// A folder under the system's temporary one, gone with the object.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

} // namespace inlet
