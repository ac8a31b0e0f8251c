#include "catalog/sqlite/audit_rows.hpp"

#include <algorithm>
#include <limits>

namespace inlet::sqlite {

namespace {

constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

std::int64_t limit_of(std::size_t limit) {
    return static_cast<std::int64_t>(std::min(limit, static_cast<std::size_t>(kMost)));
}

Result<AuditHead> read_head(Connection& connection) {
    Query row = TRY(connection.query("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"));
    if (!TRY(row.step())) return AuditHead();
    return AuditHead{.number = row.integer(0), .hash = row.text(1)};
}

Result<std::vector<AuditEntry>> read_entries(Connection& connection, std::string_view sql, std::int64_t number,
                                             std::size_t limit) {
    Query rows = TRY(connection.query(sql));
    TRY(rows.bind(number, limit_of(limit)));
    std::vector<AuditEntry> entries;
    while (TRY(rows.step())) {
        entries.push_back({.number = rows.integer(0),
                           .at = rows.integer(1),
                           .by = rows.text(2),
                           .by_id = rows.text(3),
                           .address = rows.text(4),
                           .action = rows.text(5),
                           .object = rows.text(6),
                           .submission = SubmissionId(rows.integer(7)),
                           .outcome = rows.text(8),
                           .detail = rows.text(9),
                           .hash = rows.text(10)});
    }
    return entries;
}

} // namespace

Result<AuditHead> append_audit(Connection& connection, const AuditEntry& entry, Timestamp now) {
    std::optional<AuditHead>& head = connection.audit_head();
    if (!head) head = TRY(read_head(connection));
    AuditEntry next = entry;
    next.number = head->number + 1;
    next.at = now;
    next.hash = audit_hash(head->hash, next);
    Query row = TRY(
        connection.query("INSERT INTO audit (number, at, by_name, by_id, address, action, object, submission, outcome, "
                         "detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    TRY(row.bind(next.number, next.at, next.by, next.by_id, next.address, next.action, next.object,
                 next.submission.value, next.outcome, next.detail, next.hash));
    TRY(row.run());
    head = {.number = next.number, .hash = next.hash};
    return *head;
}

Result<AuditHead> AuditRows::append(AuditEntry entry) {
    AuditHead head;
    Status status = database_.writer.commit([&](Connection& connection) -> Status {
        head = TRY(append_audit(connection, entry, clock_.now()));
        return {};
    });
    if (!status) return fail(std::move(status.error()));
    return head;
}

Result<std::vector<AuditEntry>> AuditRows::newest(std::int64_t before, std::size_t limit) {
    return database_.reader.ask([&](Connection& connection) {
        return read_entries(connection,
                            "SELECT number, at, by_name, by_id, address, action, object, submission, outcome, detail, "
                            "hash FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?",
                            before == 0 ? kMost : before, limit);
    });
}

Result<std::vector<AuditEntry>> AuditRows::oldest(std::int64_t after, std::size_t limit) {
    return database_.reader.ask([&](Connection& connection) {
        return read_entries(connection,
                            "SELECT number, at, by_name, by_id, address, action, object, submission, outcome, detail, "
                            "hash FROM audit WHERE number > ? ORDER BY number LIMIT ?",
                            after, limit);
    });
}

} // namespace inlet::sqlite
