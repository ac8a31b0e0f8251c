#include "catalog/memory/memory_notifications.hpp"

#include <algorithm>
#include <tuple>

#include "catalog/rules.hpp"

namespace inlet {

Result<std::optional<std::int64_t>> MemoryNotifications::cursor() {
    const std::lock_guard lock(mutex_);
    return cursor_;
}

Status MemoryNotifications::set_cursor(std::optional<std::int64_t> number) {
    const std::lock_guard lock(mutex_);
    cursor_ = number;
    return {};
}

Status MemoryNotifications::queue(const std::vector<NotificationRecord>& rows, std::int64_t cursor) {
    const std::lock_guard lock(mutex_);
    for (const NotificationRecord& row : rows) {
        const bool is_there = std::ranges::any_of(rows_, [&](const NotificationRecord& other) {
            return other.event == row.event && other.receiver == row.receiver;
        });
        if (is_there) continue;
        rows_.push_back(row);
        rows_.back().id = ++last_id_;
        rows_.back().created_at = rows_.back().updated_at = clock_.now();
    }
    cursor_ = cursor;
    return {};
}

Result<std::map<std::string, Timestamp>> MemoryNotifications::pending() {
    const std::lock_guard lock(mutex_);
    std::map<std::string, Timestamp> receivers;
    for (const NotificationRecord& row : rows_) {
        if (row.state != NotificationState::pending) continue;
        const auto [place, is_new] = receivers.try_emplace(row.receiver, row.next_at);
        if (!is_new) place->second = std::min(place->second, row.next_at);
    }
    return receivers;
}

Result<std::optional<NotificationRecord>> MemoryNotifications::first_pending(std::string_view receiver) {
    const std::lock_guard lock(mutex_);
    const NotificationRecord* first = nullptr;
    for (const NotificationRecord& row : rows_) {
        if (row.receiver != receiver || row.state != NotificationState::pending) continue;
        if (first == nullptr || std::tie(row.next_at, row.id) < std::tie(first->next_at, first->id)) first = &row;
    }
    return first == nullptr ? std::nullopt : std::optional(*first);
}

Status MemoryNotifications::write(const NotificationRecord& record) {
    const std::lock_guard lock(mutex_);
    NotificationRecord* row = find(record.id);
    if (row == nullptr) return fail(unknown_notification(record.id));
    row->state = record.state;
    row->attempts = record.attempts;
    row->first_at = record.first_at;
    row->next_at = record.next_at;
    row->last_error = record.last_error;
    row->updated_at = clock_.now();
    return {};
}

Result<NotificationRecord> MemoryNotifications::get(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    const NotificationRecord* row = find(id);
    if (row == nullptr) return fail(unknown_notification(id));
    return *row;
}

Result<std::vector<NotificationRecord>> MemoryNotifications::list(const NotificationFilter& filter) {
    const std::lock_guard lock(mutex_);
    std::vector<NotificationRecord> found;
    for (auto row = rows_.rbegin(); row != rows_.rend() && found.size() < filter.limit; ++row) {
        if (!filter.receiver.empty() && row->receiver != filter.receiver) continue;
        if (filter.state && row->state != *filter.state) continue;
        if (filter.before && row->id >= *filter.before) continue;
        found.push_back(*row);
    }
    return found;
}

Status MemoryNotifications::send_again(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    NotificationRecord* row = find(id);
    if (row == nullptr) return fail(unknown_notification(id));
    if (row->state == NotificationState::pending) return fail(still_pending(id));
    row->state = NotificationState::pending;
    row->attempts = 0;
    row->first_at = 0;
    row->next_at = row->updated_at = clock_.now();
    off_.erase(row->receiver);
    return {};
}

Result<std::uint64_t> MemoryNotifications::forget(Timestamp before) {
    const std::lock_guard lock(mutex_);
    return std::erase_if(rows_, [&](const NotificationRecord& row) {
        return row.state != NotificationState::pending && row.updated_at < before;
    });
}

Result<std::map<std::string, std::string>> MemoryNotifications::switched_off() {
    const std::lock_guard lock(mutex_);
    return off_;
}

Status MemoryNotifications::switch_off(std::string_view receiver, std::string_view address) {
    const std::lock_guard lock(mutex_);
    off_.insert_or_assign(std::string(receiver), std::string(address));
    return {};
}

NotificationRecord* MemoryNotifications::find(std::int64_t id) {
    const auto row = std::ranges::find(rows_, id, &NotificationRecord::id);
    return row == rows_.end() ? nullptr : &*row;
}

} // namespace inlet
