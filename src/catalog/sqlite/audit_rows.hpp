// The audit log as rows. Floor 3, for the SQLite catalog alone.
#pragma once

#include "catalog/audit.hpp"
#include "catalog/sqlite/database.hpp"

namespace inlet::sqlite {

// Inside a change of the writer: the entry commits with what it tells of, or not at all. Where the chain ends is read
// at the first entry of each transaction and then remembered for it (Connection::audit_head), so that neither a rolled
// back group nor another process leads it astray.
Result<AuditHead> append_audit(Connection& connection, const AuditEntry& entry, Timestamp now);

class AuditRows final : public AuditLog { // safe from many threads
public:
    AuditRows(Database& database, const Clock& clock) : database_(database), clock_(clock) {} // borrowed

    Result<AuditHead> append(AuditEntry entry) override;
    Result<std::vector<AuditEntry>> newest(std::int64_t before, std::size_t limit) override;
    Result<std::vector<AuditEntry>> oldest(std::int64_t after, std::size_t limit) override;

private:
    Database& database_;
    const Clock& clock_;
};

} // namespace inlet::sqlite
