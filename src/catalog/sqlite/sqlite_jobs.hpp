// Jobs in the catalog's SQLite file. Floor 3, for the SQLite catalog alone. Safe from many threads.
#pragma once

#include "catalog/jobs.hpp"
#include "catalog/sqlite/database.hpp"

namespace inlet::sqlite {

class SqliteJobs final : public Jobs {
public:
    SqliteJobs(Database& database, const Clock& clock) : database_(database), clock_(clock) {} // borrowed

    Result<std::optional<JobRecord>> lease(SubmissionId id, const std::string& worker,
                                           std::chrono::seconds time) override;
    Status extend(SubmissionId id, LeaseNumber lease, std::chrono::seconds time) override;
    Status put_off(SubmissionId id, LeaseNumber lease, std::chrono::milliseconds pause, const std::string& code,
                   const std::string& reason) override;
    Status release(SubmissionId id, LeaseNumber lease) override;
    Status release_all() override;
    Result<std::vector<JobRecord>> all() override;

private:
    Database& database_;
    const Clock& clock_;
};

// Inside the transaction that changes the submission. lease-lost.
Status check_lease(Connection& connection, SubmissionId id, LeaseNumber lease);
Status end_job(Connection& connection, SubmissionId id);

} // namespace inlet::sqlite
