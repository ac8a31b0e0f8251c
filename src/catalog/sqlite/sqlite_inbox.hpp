// The inbox as rows: `submissions` and `parts` as for any submission, and their bytes in `inbox`. Floor 3, for the
// SQLite catalog alone.
#pragma once

#include "catalog/inbox.hpp"
#include "catalog/sqlite/database.hpp"
#include "catalog/sqlite/sqlite_event_log.hpp"

namespace inlet::sqlite {

class SqliteInbox final : public Inbox {
public:
    // All borrowed.
    SqliteInbox(Database& database, const Clock& clock, const SqliteEventLog& events)
        : database_(database), clock_(clock), events_(events) {}

    void add(SubmissionRecord record, std::string form, std::string body, CatalogEvent event, AuditEntry audit,
             std::optional<RequestKey> request, std::function<StoredAnswer(SubmissionId)> answer, Done done) override;
    Result<std::vector<InboxEntry>> waiting(const InboxFilter& which, std::uint64_t records_max,
                                            std::uint64_t bytes_max) override;
    Result<std::optional<Timestamp>> oldest(const InboxFilter& which) override;
    Result<std::uint64_t> count_waiting() override;
    Status settle(const std::vector<InboxOutcome>& outcomes) override;
    Result<std::optional<InboxBody>> body(SubmissionId id) override;
    Status erase_body(SubmissionId id) override;
    Result<std::uint64_t> forget_bodies(const std::string& dataset, Timestamp before, bool dry_run) override;

private:
    Database& database_;
    const Clock& clock_;
    const SqliteEventLog& events_;
};

} // namespace inlet::sqlite
