// Uploads as rows. Floor 3, for the SQLite catalog alone. Safe from many threads.
#pragma once

#include "catalog/sqlite/database.hpp"
#include "catalog/uploads.hpp"

namespace inlet {

class SqliteUploads final : public UploadRecords {
public:
    SqliteUploads(sqlite::Database& database, const Clock& clock) : database_(database), clock_(clock) {} // borrowed

    Status add(UploadRecord record) override;
    Result<std::optional<UploadRecord>> find(std::string_view id) override;
    Status update(const UploadRecord& record) override;
    Status remove(std::string_view id) override;
    Result<std::vector<UploadRecord>> expired(Timestamp moment) override;
    Result<std::vector<UploadRecord>> unsettled() override;
    Result<UnfinishedUploads> unfinished() override;

private:
    sqlite::Database& database_;
    const Clock& clock_;
};

} // namespace inlet
