// Notifications in a vector. Floor 3, for the memory catalog alone. Safe from many threads.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "catalog/notifications.hpp"

namespace inlet {

class MemoryNotifications final : public Notifications {
public:
    explicit MemoryNotifications(const Clock& clock) : clock_(clock) {}

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
    NotificationRecord* find(std::int64_t id);

    const Clock& clock_;
    std::mutex mutex_; // over all below
    std::optional<std::int64_t> cursor_;
    std::int64_t last_id_ = 0;
    std::vector<NotificationRecord> rows_; // by id
    std::map<std::string, std::string> off_;
};

} // namespace inlet
