// Pickups in the catalog's SQLite file. Floor 3, for the SQLite catalog alone. Safe from many threads.
#pragma once

#include "catalog/pickups.hpp"
#include "catalog/sqlite/database.hpp"

namespace inlet::sqlite {

class SqlitePickups final : public Pickups {
public:
    explicit SqlitePickups(Database& database) : database_(database) {} // borrowed

    Result<std::int64_t> put(const PickupRecord& record) override;
    Status remove(std::int64_t number) override;
    Result<std::vector<PickupRecord>> open(std::string_view provider, std::string_view folder) override;
    Result<std::vector<PickupRecord>> of_file(std::string_view provider, std::string_view folder,
                                              std::string_view name) override;

private:
    Database& database_;
};

} // namespace inlet::sqlite
