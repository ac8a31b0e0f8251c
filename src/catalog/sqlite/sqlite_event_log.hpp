// Events as rows. Floor 3, for the SQLite catalog alone. Safe from many threads.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "catalog/event_log.hpp"
#include "catalog/sqlite/database.hpp"

namespace inlet::sqlite {

// Inside a change: adds the event of a submission.
Status write_event(Connection& connection, SubmissionId id, const CatalogEvent& event, Timestamp now);

class SqliteEventLog final : public EventLog {
public:
    SqliteEventLog(const Clock& clock, Database& database) : clock_(clock), database_(database) {} // borrowed

    // Events were written that are durable now.
    void tell() const;

    Result<std::vector<LoggedEvent>> after(std::int64_t number, const EventFilter& filter, std::size_t limit) override;
    Result<std::int64_t> last() override;
    Result<std::optional<std::int64_t>> mark(std::string_view dataset, std::string_view name) override;
    Status set_mark(std::string_view dataset, std::string_view name, std::int64_t value) override;
    Result<bool> raise(const CatalogEvent& event, std::string_view mark, std::int64_t value) override;
    void on_new(std::function<void()> told) override;

private:
    const Clock& clock_;
    Database& database_;
    mutable std::mutex mutex_;
    std::function<void()> told_; // behind mutex_
};

} // namespace inlet::sqlite
