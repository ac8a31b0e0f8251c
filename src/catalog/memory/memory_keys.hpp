// Keys and the audit log in vectors. Floor 3, for the memory catalog alone. Safe from many threads.
#pragma once

#include <mutex>
#include <vector>

#include "catalog/audit.hpp"
#include "catalog/keys.hpp"

namespace inlet {

class MemoryKeys final : public Keys {
public:
    explicit MemoryKeys(const Clock& clock) : clock_(clock) {}

    Status add(KeyRecord key) override;
    Result<std::optional<KeyRecord>> find(std::string_view id) override;
    Result<std::vector<KeyRecord>> all() override;
    Status revoke(std::string_view id) override;
    Status rotate(std::string_view id, std::string_view sha256, Timestamp old_until) override;
    void note_used(std::string_view id, Timestamp at) override;
    Result<std::uint64_t> change_counter() override;

private:
    KeyRecord* known(std::string_view id);

    const Clock& clock_;
    std::mutex mutex_; // over all below
    std::vector<KeyRecord> keys_;
    std::uint64_t changes_ = 0;
};

class MemoryAuditLog final : public AuditLog {
public:
    explicit MemoryAuditLog(const Clock& clock) : clock_(clock) {}

    Result<AuditHead> append(AuditEntry entry) override;
    Result<std::vector<AuditEntry>> newest(std::int64_t before, std::size_t limit) override;
    Result<std::vector<AuditEntry>> oldest(std::int64_t after, std::size_t limit) override;

private:
    const Clock& clock_;
    std::mutex mutex_;                // over all below
    std::vector<AuditEntry> entries_; // by number, from 1
};

} // namespace inlet
