// What is to be told to whom: a row for each event and receiver, kept until it was delivered or given up. Floor 3. Safe
// from many threads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.hpp"

namespace inlet {

enum class NotificationState : std::uint8_t {
    pending,   // to be sent at next_at
    delivered, // the receiver took it
    dead,      // given up; can be sent again
};
std::string_view to_string(NotificationState state);
std::optional<NotificationState> notification_state_from(std::string_view text);

struct NotificationRecord {
    std::int64_t id = 0; // given by the catalog; grows
    std::int64_t event = 0;
    std::string type;        // the event's
    SubmissionId submission; // the event's
    std::string receiver;    // "webhook:crm", "email:team"
    std::string message_id;  // what the receiver knows it by, the same at every attempt
    NotificationState state = NotificationState::pending;
    std::uint32_t attempts = 0;
    Timestamp created_at = 0; // given by the catalog
    Timestamp updated_at = 0; // given by the catalog
    Timestamp first_at = 0;   // of the first attempt since it was queued, or asked for again; 0: none yet
    Timestamp next_at = 0;
    std::string last_error; // in words; empty: none

    bool operator==(const NotificationRecord&) const = default;
};

struct NotificationFilter {
    std::string receiver; // empty: any
    std::optional<NotificationState> state = {};
    std::optional<std::int64_t> before = {}; // for paging: ids below
    std::size_t limit = 50;
};

// Errors besides those named: disk-full, catalog-failed.
class Notifications {
public:
    virtual ~Notifications() = default;

    // The number of the event up to which all is queued; nothing: nobody has begun.
    virtual Result<std::optional<std::int64_t>> cursor() = 0;
    virtual Status set_cursor(std::optional<std::int64_t> number) = 0;
    // Adds the rows and sets the cursor, in one transaction. There is one row of an event and a receiver: what is there
    // already is passed over.
    virtual Status queue(const std::vector<NotificationRecord>& rows, std::int64_t cursor) = 0;

    // Receivers that something is pending for, and the lowest next_at of it.
    virtual Result<std::map<std::string, Timestamp>> pending() = 0;
    // Of those that are pending for the receiver, the one with the lowest next_at, then id.
    virtual Result<std::optional<NotificationRecord>> first_pending(std::string_view receiver) = 0;
    // Writes state, attempts, first_at, next_at and last_error. unknown-notification.
    virtual Status write(const NotificationRecord& record) = 0;
    virtual Result<NotificationRecord> get(std::int64_t id) = 0;                                // unknown-notification
    virtual Result<std::vector<NotificationRecord>> list(const NotificationFilter& filter) = 0; // newest first
    // Pending again, due at once, as if it had never been tried, and its receiver switched on. unknown-notification;
    // wrong-state: it is pending.
    virtual Status send_again(std::int64_t id) = 0;
    // Removes what was settled before that moment. How many.
    virtual Result<std::uint64_t> forget(Timestamp before) = 0;

    // Receivers that asked not to be told any more, and the address that they did it for.
    virtual Result<std::map<std::string, std::string>> switched_off() = 0;
    virtual Status switch_off(std::string_view receiver, std::string_view address) = 0;
};

} // namespace inlet
