#include "catalog/sqlite/sqlite_notifications.hpp"

#include <limits>

#include <fmt/format.h>

#include "catalog/rules.hpp"

namespace inlet::sqlite {

namespace {

constexpr std::string_view kColumns =
    "id, event, type, submission, receiver, message_id, state, attempts, created_at, updated_at, first_at, next_at, "
    "last_error";

Result<NotificationRecord> record_of(const Query& row) {
    NotificationRecord record;
    record.id = row.integer(0);
    record.event = row.integer(1);
    record.type = row.text(2);
    record.submission = SubmissionId(row.integer(3));
    record.receiver = row.text(4);
    record.message_id = row.text(5);
    const auto state = notification_state_from(row.text(6));
    if (!state) {
        return fail(FailureCode::catalog_failed, fmt::format("notification {} has the state `{}`, which is not known "
                                                             "here",
                                                             record.id, row.text(6)));
    }
    record.state = *state;
    record.attempts = static_cast<std::uint32_t>(row.integer(7));
    record.created_at = row.integer(8);
    record.updated_at = row.integer(9);
    record.first_at = row.integer(10);
    record.next_at = row.integer(11);
    record.last_error = row.text(12);
    return record;
}

Result<NotificationRecord> read(Connection& connection, std::int64_t id) {
    Query row = TRY(connection.query(fmt::format("SELECT {} FROM notifications WHERE id = ?", kColumns)));
    TRY(row.bind(id));
    if (!TRY(row.step())) return fail(unknown_notification(id));
    return record_of(row);
}

Status write_cursor(Connection& connection, std::optional<std::int64_t> number) {
    if (!number) return connection.execute("DELETE FROM notification_cursor");
    Query row = TRY(connection.query("INSERT INTO notification_cursor (one, event) VALUES (1, ?) "
                                     "ON CONFLICT DO UPDATE SET event = excluded.event"));
    TRY(row.bind(*number));
    return row.run();
}

} // namespace

Result<std::optional<std::int64_t>> SqliteNotifications::cursor() {
    return database_.reader.ask([](Connection& connection) -> Result<std::optional<std::int64_t>> {
        Query row = TRY(connection.query("SELECT event FROM notification_cursor"));
        if (!TRY(row.step())) return std::nullopt;
        return row.integer(0);
    });
}

Status SqliteNotifications::set_cursor(std::optional<std::int64_t> number) {
    return database_.writer.commit([&](Connection& connection) { return write_cursor(connection, number); });
}

Status SqliteNotifications::queue(const std::vector<NotificationRecord>& rows, std::int64_t cursor) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        const Timestamp now = clock_.now();
        for (const NotificationRecord& record : rows) {
            Query row = TRY(connection.query(
                "INSERT INTO notifications (event, type, submission, receiver, message_id, state, attempts, "
                "created_at, updated_at, first_at, next_at, last_error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (event, receiver) DO NOTHING"));
            TRY(row.bind(record.event, record.type, record.submission.value, record.receiver, record.message_id,
                         to_string(record.state), std::int64_t{record.attempts}, now, now, record.first_at,
                         record.next_at, record.last_error));
            TRY(row.run());
        }
        return write_cursor(connection, cursor);
    });
}

Result<std::map<std::string, Timestamp>> SqliteNotifications::pending() {
    return database_.reader.ask([](Connection& connection) -> Result<std::map<std::string, Timestamp>> {
        Query rows = TRY(connection.query(
            "SELECT receiver, min(next_at) FROM notifications WHERE state = 'pending' GROUP BY receiver"));
        std::map<std::string, Timestamp> receivers;
        while (TRY(rows.step())) receivers.emplace(rows.text(0), rows.integer(1));
        return receivers;
    });
}

Result<std::optional<NotificationRecord>> SqliteNotifications::first_pending(std::string_view receiver) {
    return database_.reader.ask([&](Connection& connection) -> Result<std::optional<NotificationRecord>> {
        Query row = TRY(connection.query(fmt::format("SELECT {} FROM notifications WHERE state = 'pending' AND "
                                                     "receiver = ? ORDER BY next_at, id LIMIT 1",
                                                     kColumns)));
        TRY(row.bind(receiver));
        if (!TRY(row.step())) return std::nullopt;
        return record_of(row);
    });
}

Status SqliteNotifications::write(const NotificationRecord& record) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        TRY(read(connection, record.id));
        Query row = TRY(connection.query("UPDATE notifications SET state = ?, attempts = ?, first_at = ?, next_at = ?, "
                                         "last_error = ?, updated_at = ? WHERE id = ?"));
        TRY(row.bind(to_string(record.state), std::int64_t{record.attempts}, record.first_at, record.next_at,
                     record.last_error, clock_.now(), record.id));
        return row.run();
    });
}

Result<NotificationRecord> SqliteNotifications::get(std::int64_t id) {
    return database_.reader.ask([&](Connection& connection) { return read(connection, id); });
}

Result<std::vector<NotificationRecord>> SqliteNotifications::list(const NotificationFilter& filter) {
    return database_.reader.ask([&](Connection& connection) -> Result<std::vector<NotificationRecord>> {
        Query rows = TRY(connection.query(
            fmt::format("SELECT {} FROM notifications WHERE id < ?1 AND ?2 IN ('', receiver) AND ?3 IN ('', state) "
                        "ORDER BY id DESC LIMIT ?4",
                        kColumns)));
        TRY(rows.bind(filter.before.value_or(std::numeric_limits<std::int64_t>::max()), filter.receiver,
                      filter.state ? to_string(*filter.state) : std::string_view(),
                      static_cast<std::int64_t>(filter.limit)));
        std::vector<NotificationRecord> records;
        while (TRY(rows.step())) records.push_back(TRY(record_of(rows)));
        return records;
    });
}

Status SqliteNotifications::send_again(std::int64_t id) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        const NotificationRecord record = TRY(read(connection, id));
        if (record.state == NotificationState::pending) return fail(still_pending(id));
        {
            Query on = TRY(connection.query("DELETE FROM receivers_off WHERE receiver = ?"));
            TRY(on.bind(record.receiver));
            TRY(on.run());
        }
        Query row = TRY(connection.query("UPDATE notifications SET state = 'pending', attempts = 0, first_at = 0, "
                                         "next_at = ?1, updated_at = ?1 WHERE id = ?2"));
        TRY(row.bind(clock_.now(), id));
        return row.run();
    });
}

Result<std::uint64_t> SqliteNotifications::forget(Timestamp before) {
    std::int64_t removed = 0;
    Status written = database_.writer.commit([&](Connection& connection) -> Status {
        {
            Query row = TRY(connection.query("DELETE FROM notifications WHERE state <> 'pending' AND updated_at < ?"));
            TRY(row.bind(before));
            TRY(row.run());
        }
        removed = TRY(connection.integer("SELECT changes()"));
        return {};
    });
    if (!written) return fail(std::move(written.error()));
    return static_cast<std::uint64_t>(removed);
}

Result<std::map<std::string, std::string>> SqliteNotifications::switched_off() {
    return database_.reader.ask([](Connection& connection) -> Result<std::map<std::string, std::string>> {
        Query rows = TRY(connection.query("SELECT receiver, address FROM receivers_off"));
        std::map<std::string, std::string> off;
        while (TRY(rows.step())) off.emplace(rows.text(0), rows.text(1));
        return off;
    });
}

Status SqliteNotifications::switch_off(std::string_view receiver, std::string_view address) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        Query row = TRY(connection.query("INSERT INTO receivers_off (receiver, address) VALUES (?, ?) "
                                         "ON CONFLICT DO UPDATE SET address = excluded.address"));
        TRY(row.bind(receiver, address));
        return row.run();
    });
}

} // namespace inlet::sqlite
