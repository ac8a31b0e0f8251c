// Keys as rows. Floor 3, for the SQLite catalog alone. Safe from many threads.
#pragma once

#include "catalog/keys.hpp"
#include "catalog/sqlite/database.hpp"

namespace inlet::sqlite {

class KeyRows final : public Keys {
public:
    KeyRows(Database& database, const Clock& clock) : database_(database), clock_(clock) {} // borrowed

    Status add(KeyRecord key) override;
    Result<std::optional<KeyRecord>> find(std::string_view id) override;
    Result<std::vector<KeyRecord>> all() override;
    Status revoke(std::string_view id) override;
    Status rotate(std::string_view id, std::string_view sha256, Timestamp old_until) override;
    void note_used(std::string_view id, Timestamp at) override;
    Result<std::uint64_t> change_counter() override;

private:
    Database& database_;
    const Clock& clock_;
};

} // namespace inlet::sqlite
