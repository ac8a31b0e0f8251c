// Submissions as rows.
#include "catalog/sqlite/sqlite_catalog.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "catalog/rules.hpp"
#include "catalog/sqlite/database.hpp"
#include "catalog/sqlite/schema.hpp"

namespace inlet {

namespace {

using sqlite::Connection;
using sqlite::Query;

std::int64_t bits(std::uint64_t number) { return static_cast<std::int64_t>(number); }
std::uint64_t unsigned_bits(std::int64_t number) { return static_cast<std::uint64_t>(number); }

// An absent hash is NULL.
Status bind_hash(Query& query, std::string_view sha256) {
    return sha256.empty() ? query.bind(nullptr) : query.bind(sha256);
}

// ---- rows to records ------------------------------------------------------------------------------------------------

std::unexpected<Error> unknown_word(SubmissionId id, std::string_view column, const std::string& word) {
    return fail(FailureCode::catalog_failed,
                fmt::format("submission {} has the {} `{}`, which is not known here", id.value, column, word));
}

Result<SubmissionState> read_state(Connection& connection, SubmissionId id) {
    Query row = TRY(connection.query("SELECT state FROM submissions WHERE id = ?"));
    TRY(row.bind(id.value));
    if (!TRY(row.step())) return fail(unknown_submission(id));
    const auto state = submission_state_from(row.text(0));
    if (!state) return unknown_word(id, "state", row.text(0));
    return *state;
}

// Without its belongings.
Result<SubmissionRecord> read_submission(Connection& connection, SubmissionId id) {
    Query row = TRY(connection.query(
        "SELECT kind, state, reason_code, reason, target, target_is_package, file_name, "
        "iif(raw_forgotten, NULL, raw_sha256), raw_bytes, received_at, updated_at, sent_by, version, attempts, parent, "
        "cascade, rejects_approved FROM submissions WHERE id = ?"));
    TRY(row.bind(id.value));
    if (!TRY(row.step())) return fail(unknown_submission(id));
    const auto kind = submission_kind_from(row.text(0));
    const auto state = submission_state_from(row.text(1));
    if (!kind) return unknown_word(id, "kind", row.text(0));
    if (!state) return unknown_word(id, "state", row.text(1));
    SubmissionRecord record;
    record.id = id;
    record.kind = *kind;
    record.state = *state;
    record.reason_code = row.text(2);
    record.reason = row.text(3);
    record.target = row.text(4);
    record.target_is_package = row.integer(5) != 0;
    record.file_name = row.text(6);
    record.raw_sha256 = row.text(7);
    record.raw_bytes = unsigned_bits(row.integer(8));
    record.received_at = row.integer(9);
    record.updated_at = row.integer(10);
    record.by = row.text(11);
    record.version = Version(row.integer(12));
    record.attempts = static_cast<std::uint32_t>(row.integer(13));
    record.parent = SubmissionId(row.integer(14));
    record.cascade = row.integer(15) != 0;
    record.rejects_approved = row.integer(16) != 0;
    return record;
}

constexpr std::string_view kKeyColumns = "id, name, sha256, role, created_at, expires_at, revoked_at";

KeyRecord key_of(const Query& row) {
    return {.id = row.text(0),
            .name = row.text(1),
            .sha256 = row.text(2),
            .role = row.text(3),
            .created_at = row.integer(4),
            .expires_at = row.integer(5),
            .revoked_at = row.integer(6)};
}

Result<std::optional<KeyRecord>> read_key(Connection& connection, std::string_view id) {
    Query row = TRY(connection.query(fmt::format("SELECT {} FROM keys WHERE id = ?", kKeyColumns)));
    TRY(row.bind(id));
    if (!TRY(row.step())) return std::nullopt;
    return key_of(row);
}

Status read_undoes(Connection& connection, SubmissionRecord& record) {
    Query rows = TRY(connection.query("SELECT undone FROM submission_undoes WHERE submission = ? ORDER BY position"));
    TRY(rows.bind(record.id.value));
    while (TRY(rows.step())) record.undoes.emplace_back(rows.integer(0));
    return {};
}

Status read_deletes(Connection& connection, SubmissionRecord& record) {
    Query rows =
        TRY(connection.query("SELECT kind = 'approved', dataset, count FROM submission_deletes WHERE submission = ?"));
    TRY(rows.bind(record.id.value));
    while (TRY(rows.step())) {
        auto& counts = rows.integer(0) != 0 ? record.delete_approvals : record.asked_deletes;
        counts.emplace(rows.text(1), unsigned_bits(rows.integer(2)));
    }
    return {};
}

Status read_parts(Connection& connection, SubmissionRecord& record) {
    Query rows = TRY(connection.query(
        "SELECT name, dataset, dialect, rows, accepted, rejected, inserted, updated, deleted, unchanged, "
        "superseded, held_deletes, skipped_deletes, errors_total, errors_sha256, rejects_sha256 "
        "FROM parts WHERE submission = ? ORDER BY position"));
    TRY(rows.bind(record.id.value));
    while (TRY(rows.step())) {
        PartRecord& part = record.parts.emplace_back();
        part.name = rows.text(0);
        part.dataset = rows.text(1);
        part.dialect = rows.text(2);
        int column = 3;
        for (std::uint64_t* count :
             {&part.rows, &part.accepted, &part.rejected, &part.inserted, &part.updated, &part.deleted, &part.unchanged,
              &part.superseded, &part.held_deletes, &part.skipped_deletes, &part.errors_total}) {
            *count = unsigned_bits(rows.integer(column++));
        }
        part.errors_sha256 = rows.text(column++);
        part.rejects_sha256 = rows.text(column);
    }
    return {};
}

Status read_counts(Connection& connection, SubmissionRecord& record) {
    Query rows = TRY(connection.query(
        "SELECT part, code, field, count FROM part_counts WHERE submission = ? ORDER BY part, position"));
    TRY(rows.bind(record.id.value));
    while (TRY(rows.step())) {
        const std::int64_t part = rows.integer(0);
        if (std::cmp_greater_equal(part, record.parts.size())) {
            return fail(FailureCode::catalog_failed,
                        fmt::format("submission {} counts errors of a part {} that it has not", record.id.value, part));
        }
        record.parts[static_cast<std::size_t>(part)].counts.push_back(
            {.code = rows.text(1), .field = rows.text(2), .count = unsigned_bits(rows.integer(3))});
    }
    return {};
}

Result<SubmissionRecord> read_record(Connection& connection, SubmissionId id) {
    SubmissionRecord record = TRY(read_submission(connection, id));
    TRY(read_undoes(connection, record));
    TRY(read_deletes(connection, record));
    TRY(read_parts(connection, record));
    TRY(read_counts(connection, record));
    return record;
}

Result<std::vector<SubmissionRecord>> read_records(Connection& connection, Query& ids) {
    std::vector<SubmissionRecord> records;
    while (TRY(ids.step())) records.push_back(TRY(read_record(connection, SubmissionId(ids.integer(0)))));
    return records;
}

// ---- records to rows ------------------------------------------------------------------------------------------------

// The parameters that inserting and updating a submission have in common, from the first on.
Status bind_submission(Query& query, const SubmissionRecord& record, Timestamp now) {
    TRY(query.bind(to_string(record.kind), to_string(record.state), record.reason_code, record.reason, record.target,
                   std::int64_t{record.target_is_package}, record.file_name));
    TRY(bind_hash(query, record.raw_sha256));
    return query.bind(bits(record.raw_bytes), record.received_at, now, record.by, record.version.value,
                      std::int64_t{record.attempts}, record.parent.value, std::int64_t{record.cascade},
                      std::int64_t{record.rejects_approved});
}

Status write_deletes(Connection& connection, SubmissionId id, std::string_view kind,
                     const std::map<std::string, std::uint64_t>& deletes) {
    for (const auto& [dataset, count] : deletes) {
        Query row = TRY(
            connection.query("INSERT INTO submission_deletes (submission, kind, dataset, count) VALUES (?, ?, ?, ?)"));
        TRY(row.bind(id.value, kind, dataset, bits(count)));
        TRY(row.run());
    }
    return {};
}

Status write_part(Connection& connection, SubmissionId id, std::int64_t position, const PartRecord& part) {
    {
        Query row = TRY(
            connection.query("INSERT INTO parts (submission, position, name, dataset, dialect, rows, "
                             "accepted, rejected, inserted, updated, deleted, unchanged, "
                             "superseded, held_deletes, skipped_deletes, errors_total, errors_sha256, rejects_sha256) "
                             "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
        TRY(row.bind(id.value, position, part.name, part.dataset, part.dialect, bits(part.rows), bits(part.accepted),
                     bits(part.rejected), bits(part.inserted), bits(part.updated), bits(part.deleted),
                     bits(part.unchanged), bits(part.superseded), bits(part.held_deletes), bits(part.skipped_deletes),
                     bits(part.errors_total)));
        TRY(bind_hash(row, part.errors_sha256));
        TRY(bind_hash(row, part.rejects_sha256));
        TRY(row.run());
    }
    std::int64_t count_position = 0;
    for (const CodeCount& count : part.counts) {
        Query row = TRY(connection.query(
            "INSERT INTO part_counts (submission, part, position, code, field, count) VALUES (?, ?, ?, ?, ?, ?)"));
        TRY(row.bind(id.value, position, count_position++, count.code, count.field, bits(count.count)));
        TRY(row.run());
    }
    return {};
}

// The rows beside that of `submissions`.
Status write_belongings(Connection& connection, SubmissionId id, const SubmissionRecord& record) {
    std::int64_t position = 0;
    for (const SubmissionId undone : record.undoes) {
        Query row =
            TRY(connection.query("INSERT INTO submission_undoes (submission, position, undone) VALUES (?, ?, ?)"));
        TRY(row.bind(id.value, position++, undone.value));
        TRY(row.run());
    }
    TRY(write_deletes(connection, id, "approved", record.delete_approvals));
    TRY(write_deletes(connection, id, "asked", record.asked_deletes));
    position = 0;
    for (const PartRecord& part : record.parts) TRY(write_part(connection, id, position++, part));
    return {};
}

Status run_for(Connection& connection, std::string_view sql, SubmissionId id) {
    Query query = TRY(connection.query(sql));
    TRY(query.bind(id.value));
    return query.run();
}

Status remove_belongings(Connection& connection, SubmissionId id) {
    TRY(run_for(connection, "DELETE FROM submission_undoes WHERE submission = ?", id));
    TRY(run_for(connection, "DELETE FROM submission_deletes WHERE submission = ?", id));
    return run_for(connection, "DELETE FROM parts WHERE submission = ?", id); // their counts go with them
}

Status write_event(Connection& connection, SubmissionId id, const CatalogEvent& event, Timestamp now) {
    Query row = TRY(connection.query("INSERT INTO events (at, submission, type, detail) VALUES (?, ?, ?, ?)"));
    TRY(row.bind(now, id.value, event.type, event.detail));
    return row.run();
}

class SqliteCatalog final : public Catalog {
public:
    SqliteCatalog(std::unique_ptr<Connection> writing, std::string path, const Clock& clock)
        : clock_(clock), path_(path), database_(std::move(writing), std::move(path)) {}

    Result<SubmissionId> create(SubmissionRecord record, const CatalogEvent& event) override {
        SubmissionId id;
        Status status = database_.writer.commit([&](Connection& connection) -> Status {
            const Timestamp now = clock_.now();
            {
                Query row = TRY(connection.query("INSERT INTO submissions (kind, state, reason_code, reason, target, "
                                                 "target_is_package, file_name, raw_sha256, raw_bytes, "
                                                 "received_at, updated_at, sent_by, version, attempts, parent, "
                                                 "cascade, rejects_approved, raw_forgotten) "
                                                 "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)"));
                TRY(bind_submission(row, record, now));
                TRY(row.run());
            }
            id = SubmissionId(connection.last_insert_id());
            TRY(write_belongings(connection, id, record));
            return write_event(connection, id, event, now);
        });
        if (!status) return fail(std::move(status.error()));
        return id;
    }

    Status update(const SubmissionRecord& record, SubmissionState expected, const CatalogEvent& event) override {
        return database_.writer.commit([&](Connection& connection) -> Status {
            const SubmissionState stored = TRY(read_state(connection, record.id));
            if (stored != expected) return fail(wrong_state(record.id, stored, expected));
            const Timestamp now = clock_.now();
            {
                Query row =
                    TRY(connection.query("UPDATE submissions SET kind = ?, state = ?, reason_code = ?, reason = ?, "
                                         "target = ?, target_is_package = ?, file_name = ?, "
                                         "raw_sha256 = iif(raw_forgotten, raw_sha256, ?), raw_bytes = ?, received_at = "
                                         "?, updated_at = ?, sent_by = ?, version = ?, "
                                         "attempts = ?, parent = ?, cascade = ?, rejects_approved = ? WHERE id = ?"));
                TRY(bind_submission(row, record, now));
                TRY(row.bind(record.id.value));
                TRY(row.run());
            }
            TRY(remove_belongings(connection, record.id));
            TRY(write_belongings(connection, record.id, record));
            return write_event(connection, record.id, event, now);
        });
    }

    Result<SubmissionRecord> get(SubmissionId id) override {
        return database_.reader.ask([&](Connection& connection) { return read_record(connection, id); });
    }

    Result<std::vector<SubmissionRecord>> list(const SubmissionFilter& filter) override {
        constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
        const std::int64_t before = filter.before ? filter.before->value : kMost;
        const auto limit = static_cast<std::int64_t>(std::min(filter.limit, static_cast<std::size_t>(kMost)));
        const std::string_view state = filter.state ? to_string(*filter.state) : std::string_view();
        return database_.reader.ask([&](Connection& connection) -> Result<std::vector<SubmissionRecord>> {
            if (!filter.dataset.empty()) {
                // Either side stops at the limit, so that a page costs what it shows and not what the dataset has.
                Query ids = TRY(connection.query("SELECT id FROM (SELECT id FROM submissions WHERE target = ?1 AND id "
                                                 "< ?2 AND ?3 IN ('', state) ORDER BY id DESC LIMIT ?4) "
                                                 "UNION SELECT submission FROM (SELECT DISTINCT submission FROM parts "
                                                 "WHERE dataset = ?1 AND submission < ?2 "
                                                 "AND (?3 = '' OR ?3 = (SELECT state FROM submissions WHERE id = "
                                                 "submission)) ORDER BY submission DESC LIMIT ?4) "
                                                 "ORDER BY 1 DESC LIMIT ?4"));
                TRY(ids.bind(filter.dataset, before, state, limit));
                return read_records(connection, ids);
            }
            if (filter.state) {
                Query ids = TRY(
                    connection.query("SELECT id FROM submissions WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?"));
                TRY(ids.bind(state, before, limit));
                return read_records(connection, ids);
            }
            Query ids = TRY(connection.query("SELECT id FROM submissions WHERE id < ? ORDER BY id DESC LIMIT ?"));
            TRY(ids.bind(before, limit));
            return read_records(connection, ids);
        });
    }

    Result<std::vector<SubmissionRecord>> unfinished() override {
        return database_.reader.ask([](Connection& connection) -> Result<std::vector<SubmissionRecord>> {
            Query ids = TRY(
                connection.query("SELECT id FROM submissions WHERE state IN "
                                 "('receiving', 'settling', 'queued', 'checking', 'held', 'publishing') ORDER BY id"));
            return read_records(connection, ids);
        });
    }

    Result<std::optional<SubmissionRecord>> same_bytes(std::string_view target, std::string_view sha256) override {
        return database_.reader.ask([&](Connection& connection) -> Result<std::optional<SubmissionRecord>> {
            Query ids = TRY(
                connection.query("SELECT id FROM submissions WHERE raw_sha256 = ? AND target = ? ORDER BY id DESC"));
            TRY(ids.bind(sha256, target));
            while (TRY(ids.step())) {
                SubmissionRecord record = TRY(read_record(connection, SubmissionId(ids.integer(0))));
                if (stands_for_its_bytes(record.kind, record.state)) return record;
            }
            return std::nullopt;
        });
    }

    Result<std::vector<CatalogEvent>> events(SubmissionId id) override {
        return database_.reader.ask([&](Connection& connection) -> Result<std::vector<CatalogEvent>> {
            TRY(read_state(connection, id));
            Query rows = TRY(
                connection.query("SELECT number, at, type, detail FROM events WHERE submission = ? ORDER BY number"));
            TRY(rows.bind(id.value));
            std::vector<CatalogEvent> events;
            while (TRY(rows.step())) {
                events.push_back({.number = rows.integer(0),
                                  .at = rows.integer(1),
                                  .submission = id,
                                  .type = rows.text(2),
                                  .detail = rows.text(3)});
            }
            return events;
        });
    }

    Result<std::uint64_t> references(std::string_view space, std::string_view sha256) override {
        return database_.reader.ask([&](Connection& connection) -> Result<std::uint64_t> {
            Query rows = TRY(connection.query(
                "SELECT (SELECT count(*) FROM submissions WHERE raw_sha256 = ?1 AND target = ?2 AND NOT raw_forgotten) "
                "+ iif(?2 = ?3, (SELECT count(*) FROM parts WHERE errors_sha256 = ?1 OR rejects_sha256 = ?1), 0)"));
            TRY(rows.bind(sha256, space, kPartsSpace));
            CHECK(TRY(rows.step()));
            return unsigned_bits(rows.integer(0));
        });
    }

    Status forget_raw(SubmissionId id) override {
        return database_.writer.commit([&](Connection& connection) -> Status {
            TRY(read_state(connection, id));
            return run_for(connection,
                           "UPDATE submissions SET raw_forgotten = 1 WHERE id = ? AND raw_sha256 IS NOT NULL", id);
        });
    }

    Status forget_rejects(SubmissionId id) override {
        return database_.writer.commit([&](Connection& connection) -> Status {
            TRY(read_state(connection, id));
            return run_for(connection,
                           "UPDATE parts SET errors_sha256 = NULL, rejects_sha256 = NULL WHERE submission = ?", id);
        });
    }

    Result<std::uint64_t> forget_events(Timestamp before, bool dry_run) override {
        constexpr std::string_view kWhich =
            "FROM events WHERE at < ? AND submission NOT IN (SELECT id FROM submissions WHERE state IN "
            "('receiving', 'settling', 'queued', 'checking', 'held', 'publishing'))";
        std::uint64_t count = 0;
        const auto count_them = [&](Connection& connection) -> Status {
            Query row = TRY(connection.query(fmt::format("SELECT count(*) {}", kWhich)));
            TRY(row.bind(before));
            CHECK(TRY(row.step()));
            count = unsigned_bits(row.integer(0));
            return {};
        };
        if (dry_run) {
            TRY(database_.reader.ask(count_them));
            return count;
        }
        Status forgotten = database_.writer.commit([&](Connection& connection) -> Status {
            TRY(count_them(connection));
            Query rows = TRY(connection.query(fmt::format("DELETE {}", kWhich)));
            TRY(rows.bind(before));
            return rows.run();
        });
        if (!forgotten) return fail(std::move(forgotten.error()));
        return count;
    }

    Status copy_to(const std::string& path) override {
        // On a connection of its own: it reads one state of the file for as long as it takes, and nobody waits.
        const auto connection = TRY(Connection::open(path_));
        TRY(connection->copy_to(path));
        return {};
    }

    Status add_key(KeyRecord key) override {
        return database_.writer.commit([&](Connection& connection) -> Status {
            if (TRY(read_key(connection, key.id))) return fail(key_exists(key.id));
            Query row = TRY(connection.query("INSERT INTO keys (id, name, sha256, role, created_at, expires_at, "
                                             "revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?)"));
            TRY(row.bind(key.id, key.name, key.sha256, key.role, clock_.now(), key.expires_at, key.revoked_at));
            return row.run();
        });
    }

    Result<std::optional<KeyRecord>> key(std::string_view id) override {
        return database_.reader.ask([&](Connection& connection) { return read_key(connection, id); });
    }

    Result<std::vector<KeyRecord>> keys() override {
        return database_.reader.ask([&](Connection& connection) -> Result<std::vector<KeyRecord>> {
            Query rows = TRY(connection.query(fmt::format("SELECT {} FROM keys ORDER BY number", kKeyColumns)));
            std::vector<KeyRecord> keys;
            while (TRY(rows.step())) keys.push_back(key_of(rows));
            return keys;
        });
    }

    Status revoke_key(std::string_view id) override {
        return database_.writer.commit([&](Connection& connection) -> Status {
            if (!TRY(read_key(connection, id))) return fail(unknown_key(id));
            Query row = TRY(connection.query("UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at = 0"));
            TRY(row.bind(clock_.now(), id));
            return row.run();
        });
    }

private:
    const Clock& clock_;
    const std::string path_;
    sqlite::Database database_;
};

} // namespace

Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const std::string& path, const Clock& clock) {
    auto connection = TRY(sqlite::Connection::open(path));
    TRY(sqlite::prepare_schema(*connection));
    return std::make_unique<SqliteCatalog>(std::move(connection), path, clock);
}

} // namespace inlet
