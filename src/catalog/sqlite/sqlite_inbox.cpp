#include "catalog/sqlite/sqlite_inbox.hpp"

#include <memory>
#include <span>
#include <utility>

#include "base/json_writer.hpp"
#include "catalog/rules.hpp"
#include "catalog/sqlite/audit_rows.hpp"
#include "catalog/sqlite/sqlite_requests.hpp"
#include "catalog/sqlite/submission_rows.hpp"

namespace inlet::sqlite {

namespace {

struct Addition {
    SubmissionRecord record;
    std::string form;
    std::string body;
    CatalogEvent event;
    AuditEntry audit;
    std::optional<RequestKey> request;
    std::function<StoredAnswer(SubmissionId)> answer;
    Inbox::Receipt receipt; // of the last time that it was tried
};

Status store(Connection& connection, Addition& what, Timestamp now) {
    what.receipt = {};
    if (what.request) {
        what.receipt.earlier = TRY(find_answer(connection, *what.request));
        if (what.receipt.earlier) return {};
    }
    what.record.received_at = now;
    const SubmissionId id = TRY(insert_submission(connection, what.record, now));
    {
        Query row = TRY(connection.query("INSERT INTO inbox (submission, form, body, late) VALUES (?, ?, ?, '')"));
        TRY(row.bind(id.value, what.form, what.body));
        TRY(row.run());
    }
    TRY(write_event(connection, id, what.event, now));
    what.audit.submission = id;
    TRY(append_audit(connection, what.audit, now));
    if (what.request) {
        const StoredAnswer answer = what.answer(id);
        TRY(store_request(connection, *what.request, &answer, now));
    }
    what.receipt.id = id;
    return {};
}

Status store_rejected(Connection& connection, const InboxOutcome& outcome) {
    {
        Query row =
            TRY(connection.query("UPDATE parts SET rejected = ?1, accepted = rows - ?1, errors_total = ?2 WHERE "
                                 "submission = ?3 AND position = 0"));
        TRY(row.bind(bits(*outcome.rejected), bits(outcome.errors_total), outcome.id.value));
        TRY(row.run());
    }
    {
        Query row = TRY(connection.query("UPDATE inbox SET late = ? WHERE submission = ?"));
        const std::string late = late_text(outcome.late);
        TRY(row.bind(late, outcome.id.value));
        TRY(row.run());
    }
    // One count for them: none before its last publication was tried, or that one's.
    TRY(run_for(connection, "DELETE FROM part_counts WHERE submission = ? AND part = 0 AND position = -1", outcome.id));
    if (outcome.late.empty()) return {};
    Query row = TRY(connection.query("INSERT INTO part_counts (submission, part, position, code, field, count) VALUES "
                                     "(?, 0, -1, 'primary-key', '', ?)"));
    TRY(row.bind(outcome.id.value, static_cast<std::int64_t>(outcome.late.size())));
    return row.run();
}

Status settle_one(Connection& connection, const InboxOutcome& outcome, Timestamp now) {
    {
        Query row = TRY(connection.query("UPDATE submissions SET state = ?, reason_code = ?, reason = ?, version = ?, "
                                         "updated_at = ?, attempts = attempts + 1 WHERE id = ? AND state = 'queued' "
                                         "AND kind = 'records' RETURNING 1"));
        TRY(row.bind(to_string(outcome.state), outcome.reason_code, outcome.reason, outcome.version.value, now,
                     outcome.id.value));
        if (!TRY(row.step())) return {};
        CHECK(!TRY(row.step()));
    }
    {
        Query row = TRY(connection.query("UPDATE parts SET inserted = ?, updated = ?, unchanged = ? WHERE submission = "
                                         "? AND position = 0"));
        TRY(row.bind(bits(outcome.inserted), bits(outcome.updated), bits(outcome.unchanged), outcome.id.value));
        TRY(row.run());
    }
    if (outcome.rejected) TRY(store_rejected(connection, outcome));
    return write_event(connection, outcome.id, outcome.event, now);
}

// Whether `next` differs from `one`, which is of the submission just before it, in nothing but that.
bool goes_on(const InboxOutcome& one, const InboxOutcome& next) {
    return next.id.value == one.id.value + 1 && next.state == one.state && next.version == one.version &&
           next.reason_code.empty() && next.reason.empty() && !next.rejected && next.inserted == one.inserted &&
           next.updated == one.updated && next.unchanged == one.unchanged;
}

// Where the run that begins at `first` ends, as an index.
std::size_t end_of_run(const std::vector<InboxOutcome>& outcomes, std::size_t first) {
    std::size_t end = first + 1;
    const InboxOutcome& one = outcomes[first];
    if (!one.reason_code.empty() || !one.reason.empty() || one.rejected) return end;
    while (end < outcomes.size() && goes_on(outcomes[end - 1], outcomes[end])) ++end;
    return end;
}

// Machines send one like the other: what became of a run of them is written by two statements, besides the events.
// False, and nothing is written, if one of them is not queued any more.
Result<bool> settle_run(Connection& connection, std::span<const InboxOutcome> run, Timestamp now) {
    const InboxOutcome& one = run.front();
    const std::int64_t last = run.back().id.value;
    {
        Query row = TRY(connection.query("SELECT count(*) FROM submissions WHERE id BETWEEN ? AND ? AND state = "
                                         "'queued' AND kind = 'records'"));
        TRY(row.bind(one.id.value, last));
        CHECK(TRY(row.step()));
        if (!std::cmp_equal(row.integer(0), run.size())) return false;
    }
    {
        Query row =
            TRY(connection.query("UPDATE submissions SET state = ?, reason_code = '', reason = '', version = ?, "
                                 "updated_at = ?, attempts = attempts + 1 WHERE id BETWEEN ? AND ?"));
        TRY(row.bind(to_string(one.state), one.version.value, now, one.id.value, last));
        TRY(row.run());
    }
    {
        Query row = TRY(connection.query("UPDATE parts SET inserted = ?, updated = ?, unchanged = ? WHERE submission "
                                         "BETWEEN ? AND ? AND position = 0"));
        TRY(row.bind(bits(one.inserted), bits(one.updated), bits(one.unchanged), one.id.value, last));
        TRY(row.run());
    }
    for (const InboxOutcome& outcome : run) TRY(write_event(connection, outcome.id, outcome.event, now));
    return true;
}

// What an InboxFilter says; ?1 to ?3 are its members.
constexpr std::string_view kWanted =
    "s.state = 'queued' AND (?1 = 0 OR s.received_at < ?1) AND ?2 IN ('', s.target) AND (?3 = '' OR s.received_at < "
    "coalesce((SELECT value FROM json_each(?3) WHERE key = s.target), 9223372036854775807))";

std::string bounds_json(const InboxFilter& filter) {
    if (filter.before_of.empty()) return {};
    JsonWriter json;
    json.begin_object();
    for (const auto& [dataset, before] : filter.before_of) json.member(dataset, before);
    json.end_object();
    return json.take();
}

} // namespace

void SqliteInbox::add(SubmissionRecord record, std::string form, std::string body, CatalogEvent event, AuditEntry audit,
                      std::optional<RequestKey> request, std::function<StoredAnswer(SubmissionId)> answer, Done done) {
    auto what = std::make_shared<Addition>(Addition{std::move(record),
                                                    std::move(form),
                                                    std::move(body),
                                                    std::move(event),
                                                    std::move(audit),
                                                    std::move(request),
                                                    std::move(answer),
                                                    {}});
    Writer::Change change = [this, what](Connection& connection) { return store(connection, *what, clock_.now()); };
    database_.writer.submit(std::move(change), [this, what, done = std::move(done)](Status status) mutable {
        if (!status) return done(fail(std::move(status.error())));
        events_.tell();
        done(std::move(what->receipt));
    });
}

Result<std::vector<InboxEntry>> SqliteInbox::waiting(const InboxFilter& which, std::uint64_t records_max,
                                                     std::uint64_t bytes_max) {
    const std::string bounds = bounds_json(which);
    return database_.reader.ask([&](Connection& connection) -> Result<std::vector<InboxEntry>> {
        Query rows = TRY(connection.query("SELECT s.id, s.target, s.sent_by, i.form, i.body, s.rejects_approved, "
                                          "p.rows, p.rejected FROM submissions s JOIN inbox i ON i.submission = s.id "
                                          "JOIN parts p ON p.submission = s.id AND p.position = 0 WHERE " +
                                          std::string(kWanted) + " ORDER BY s.id"));
        TRY(rows.bind(which.before, which.dataset, bounds));
        std::vector<InboxEntry> entries;
        std::uint64_t records = 0;
        std::uint64_t bytes = 0;
        while (TRY(rows.step())) {
            InboxEntry entry{.id = SubmissionId(rows.integer(0)),
                             .dataset = rows.text(1),
                             .by = rows.text(2),
                             .form = rows.text(3),
                             .body = rows.text(4),
                             .rejects_approved = rows.integer(5) != 0,
                             .rows = unsigned_bits(rows.integer(6)),
                             .rejected = unsigned_bits(rows.integer(7))};
            records += entry.rows;
            bytes += entry.body.size();
            if (!entries.empty() && (records > records_max || bytes > bytes_max)) break;
            entries.push_back(std::move(entry));
        }
        return entries;
    });
}

Result<std::optional<Timestamp>> SqliteInbox::oldest(const InboxFilter& which) {
    const std::string bounds = bounds_json(which);
    return database_.reader.ask([&](Connection& connection) -> Result<std::optional<Timestamp>> {
        Query row = TRY(connection.query("SELECT s.received_at FROM submissions s WHERE s.kind = 'records' AND " +
                                         std::string(kWanted) + " ORDER BY s.id LIMIT 1"));
        TRY(row.bind(which.before, which.dataset, bounds));
        if (!TRY(row.step())) return std::nullopt;
        return row.integer(0);
    });
}

Result<std::uint64_t> SqliteInbox::count_waiting() {
    return database_.reader.ask([](Connection& connection) -> Result<std::uint64_t> {
        return unsigned_bits(
            TRY(connection.integer("SELECT count(*) FROM submissions WHERE state = 'queued' AND kind = 'records'")));
    });
}

Status SqliteInbox::settle(const std::vector<InboxOutcome>& outcomes) {
    const auto settle_all = [&](Connection& connection) -> Status {
        const Timestamp now = clock_.now();
        for (std::size_t at = 0; at < outcomes.size();) {
            const auto run = std::span(outcomes).subspan(at, end_of_run(outcomes, at) - at);
            if (run.size() == 1 || !TRY(settle_run(connection, run, now))) {
                for (const InboxOutcome& outcome : run) TRY(settle_one(connection, outcome, now));
            }
            at += run.size();
        }
        return {};
    };
    TRY(database_.writer.commit(settle_all));
    events_.tell();
    return {};
}

Result<std::optional<InboxBody>> SqliteInbox::body(SubmissionId id) {
    return database_.reader.ask([&](Connection& connection) -> Result<std::optional<InboxBody>> {
        Query row = TRY(connection.query("SELECT form, body, late FROM inbox WHERE submission = ?"));
        TRY(row.bind(id.value));
        if (!TRY(row.step())) return std::nullopt;
        return InboxBody{row.text(0), row.text(1), late_from(row.text(2))};
    });
}

Status SqliteInbox::erase_body(SubmissionId id) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        TRY(connection.execute("PRAGMA secure_delete = ON")); // from then on what is removed is overwritten
        TRY(run_for(connection, "DELETE FROM requests WHERE location = '/v1/submissions/' || ?", id));
        return run_for(connection, "DELETE FROM inbox WHERE submission = ?", id);
    });
}

Result<std::uint64_t> SqliteInbox::forget_bodies(const std::string& dataset, Timestamp before, bool dry_run) {
    static constexpr std::string_view kWhich =
        "submission IN (SELECT id FROM submissions WHERE target = ? AND kind = 'records' AND received_at < ? AND state "
        "NOT IN ('queued', 'held'))";
    std::uint64_t count = 0;
    const auto ask = [&](Connection& connection) -> Status {
        Query rows = TRY(connection.query("SELECT count(*) FROM inbox WHERE " + std::string(kWhich)));
        TRY(rows.bind(dataset, before));
        CHECK(TRY(rows.step()));
        count = unsigned_bits(rows.integer(0));
        return {};
    };
    if (dry_run) {
        TRY(database_.reader.ask(ask));
        return count;
    }
    const auto remove = [&](Connection& connection) -> Status {
        TRY(ask(connection));
        Query rows = TRY(connection.query("DELETE FROM inbox WHERE " + std::string(kWhich)));
        TRY(rows.bind(dataset, before));
        return rows.run();
    };
    TRY(database_.writer.commit(remove));
    return count;
}

} // namespace inlet::sqlite
