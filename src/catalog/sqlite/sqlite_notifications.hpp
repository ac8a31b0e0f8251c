// Notifications as rows. Floor 3, for the SQLite catalog alone. Safe from many threads.
#pragma once

#include "catalog/notifications.hpp"
#include "catalog/sqlite/database.hpp"

namespace inlet::sqlite {

class SqliteNotifications final : public Notifications {
public:
    SqliteNotifications(const Clock& clock, Database& database) : clock_(clock), database_(database) {} // borrowed

    Result<std::optional<std::int64_t>> cursor() override;
    Status set_cursor(std::optional<std::int64_t> number) override;
    Status queue(const std::vector<NotificationRecord>& rows, std::int64_t cursor) override;
    Result<std::map<std::string, Timestamp>> pending() override;
    Result<std::optional<NotificationRecord>> first_pending(std::string_view receiver) override;
    Status write(const NotificationRecord& record) override;
    Result<NotificationRecord> get(std::int64_t id) override;
    Result<std::vector<NotificationRecord>> list(const NotificationFilter& filter) override;
    Status send_again(std::int64_t id) override;
    Result<std::uint64_t> forget(Timestamp before) override;
    Result<std::map<std::string, std::string>> switched_off() override;
    Status switch_off(std::string_view receiver, std::string_view address) override;

private:
    const Clock& clock_;
    Database& database_;
};

} // namespace inlet::sqlite
