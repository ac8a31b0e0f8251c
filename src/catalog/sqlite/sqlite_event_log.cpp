#include "catalog/sqlite/sqlite_event_log.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace inlet::sqlite {

namespace {

Status bind_id(Query& query, SubmissionId id) { return id ? query.bind(id.value) : query.bind(nullptr); }

Result<std::optional<std::int64_t>> read_mark(Connection& connection, std::string_view dataset, std::string_view name) {
    Query row = TRY(connection.query("SELECT value FROM marks WHERE dataset = ? AND name = ?"));
    TRY(row.bind(dataset, name));
    if (!TRY(row.step())) return std::nullopt;
    return row.integer(0);
}

Status write_mark(Connection& connection, std::string_view dataset, std::string_view name, std::int64_t value) {
    Query row = TRY(connection.query("INSERT INTO marks (dataset, name, value) VALUES (?, ?, ?) "
                                     "ON CONFLICT DO UPDATE SET value = excluded.value"));
    TRY(row.bind(dataset, name, value));
    return row.run();
}

Status read_datasets(Connection& connection, LoggedEvent& logged) {
    if (!logged.event.submission) {
        logged.datasets = {logged.event.dataset};
        return {};
    }
    Query rows = TRY(connection.query("SELECT DISTINCT dataset FROM parts WHERE submission = ?"));
    TRY(rows.bind(logged.event.submission.value));
    while (TRY(rows.step())) logged.datasets.push_back(rows.text(0));
    if (!logged.target_is_package && !logged.target.empty()) logged.datasets.push_back(logged.target);
    std::ranges::sort(logged.datasets);
    const auto repeats = std::ranges::unique(logged.datasets);
    logged.datasets.erase(repeats.begin(), repeats.end());
    return {};
}

// The columns of the query in SqliteEventLog::after().
Result<LoggedEvent> read_event(Connection& connection, const Query& row) {
    LoggedEvent logged;
    logged.event = {.number = row.integer(0),
                    .at = row.integer(1),
                    .submission = SubmissionId(row.integer(2)),
                    .type = row.text(3),
                    .detail = row.text(4),
                    .dataset = row.text(5)};
    if (logged.event.submission) {
        const auto kind = submission_kind_from(row.text(6));
        if (!kind) {
            return fail(FailureCode::catalog_failed,
                        fmt::format("submission {} has the kind `{}`, which is not known here",
                                    logged.event.submission.value, row.text(6)));
        }
        logged.kind = *kind;
        logged.target = row.text(7);
        logged.target_is_package = row.integer(8) != 0;
        logged.file_name = row.text(9);
        logged.by = row.text(10);
        logged.trace = row.text(11);
    } else {
        logged.target = logged.event.dataset;
    }
    TRY(read_datasets(connection, logged));
    return logged;
}

} // namespace

Status write_event(Connection& connection, SubmissionId id, const CatalogEvent& event, Timestamp now) {
    Query row =
        TRY(connection.query("INSERT INTO events (at, submission, dataset, type, detail) VALUES (?, ?, ?, ?, ?)"));
    TRY(row.bind(now));
    TRY(bind_id(row, id));
    TRY(row.bind(event.dataset, event.type, event.detail));
    return row.run();
}

void SqliteEventLog::tell() const {
    const std::lock_guard lock(mutex_);
    if (told_) told_();
}

Result<std::vector<LoggedEvent>> SqliteEventLog::after(std::int64_t number, const EventFilter& filter,
                                                       std::size_t limit) {
    return database_.reader.ask([&](Connection& connection) -> Result<std::vector<LoggedEvent>> {
        Query rows = TRY(connection.query(
            "SELECT number, at, submission, type, detail, e.dataset, kind, target, target_is_package, file_name, "
            "sent_by, trace FROM events e LEFT JOIN submissions s ON s.id = e.submission WHERE number > ?1 "
            "AND (?2 = 0 OR e.submission = ?2) AND (?3 = '' OR e.dataset = ?3 OR target = ?3 "
            "OR EXISTS (SELECT 1 FROM parts p WHERE p.submission = e.submission AND p.dataset = ?3)) ORDER BY number"));
        TRY(rows.bind(number, filter.submission.value, filter.dataset));
        std::vector<LoggedEvent> found;
        while (found.size() < limit && TRY(rows.step())) {
            LoggedEvent event = TRY(read_event(connection, rows));
            if (filter.lets_through(event)) found.push_back(std::move(event));
        }
        return found;
    });
}

Result<std::int64_t> SqliteEventLog::last() {
    return database_.reader.ask([](Connection& connection) -> Result<std::int64_t> {
        return connection.integer("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)");
    });
}

Result<std::optional<std::int64_t>> SqliteEventLog::mark(std::string_view dataset, std::string_view name) {
    return database_.reader.ask([&](Connection& connection) { return read_mark(connection, dataset, name); });
}

Status SqliteEventLog::set_mark(std::string_view dataset, std::string_view name, std::int64_t value) {
    return database_.writer.commit(
        [&](Connection& connection) { return write_mark(connection, dataset, name, value); });
}

Result<bool> SqliteEventLog::raise(const CatalogEvent& event, std::string_view mark, std::int64_t value) {
    bool added = false;
    Status written = database_.writer.commit([&](Connection& connection) -> Status {
        const auto reached = TRY(read_mark(connection, event.dataset, mark));
        added = !reached || *reached < value;
        if (!added) return {};
        TRY(write_mark(connection, event.dataset, mark, value));
        return write_event(connection, SubmissionId(), event, clock_.now());
    });
    if (!written) return fail(std::move(written.error()));
    if (added) tell();
    return added;
}

void SqliteEventLog::on_new(std::function<void()> told) {
    const std::lock_guard lock(mutex_);
    told_ = std::move(told);
}

} // namespace inlet::sqlite
