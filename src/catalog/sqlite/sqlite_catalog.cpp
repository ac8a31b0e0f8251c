// Submissions as rows.
#include "catalog/sqlite/sqlite_catalog.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "catalog/rules.hpp"
#include "catalog/sqlite/audit_rows.hpp"
#include "catalog/sqlite/database.hpp"
#include "catalog/sqlite/key_rows.hpp"
#include "catalog/sqlite/schema.hpp"
#include "catalog/sqlite/sqlite_event_log.hpp"
#include "catalog/sqlite/sqlite_inbox.hpp"
#include "catalog/sqlite/sqlite_jobs.hpp"
#include "catalog/sqlite/sqlite_notifications.hpp"
#include "catalog/sqlite/sqlite_pickups.hpp"
#include "catalog/sqlite/sqlite_requests.hpp"
#include "catalog/sqlite/sqlite_uploads.hpp"
#include "catalog/sqlite/submission_rows.hpp"

namespace inlet {

namespace {

using sqlite::Connection;
using sqlite::Query;
using namespace sqlite;

std::string json_list(const std::vector<std::string>& texts) {
    JsonWriter json;
    json.begin_array();
    for (const std::string& text : texts) json.value(text);
    json.end_array();
    return json.take();
}

// What visible() says, asked so that a page holds as many as it should. A sender's own are found by their index; the
// rest by going down the ids, or by the targets' index, as SQLite finds cheaper.
Result<std::vector<SubmissionRecord>> list_visible(Connection& connection, const SubmissionFilter& filter,
                                                   std::int64_t before, std::string_view state, std::int64_t limit) {
    const SubmissionScope& scope = *filter.scope;
    std::vector<std::string> targets = scope.datasets;
    targets.insert(targets.end(), scope.packages.begin(), scope.packages.end());
    targets.emplace_back(); // of undos
    const std::string all_targets = json_list(targets);
    const std::string datasets = json_list(scope.datasets);
    const std::string packages = json_list(scope.packages);
    Query ids = TRY(connection.query(
        "WITH wanted AS (SELECT * FROM submissions AS s WHERE s.id < ?1 AND ?2 IN ('', s.state) AND (?3 IN ('', "
        "s.target) OR EXISTS (SELECT 1 FROM parts WHERE submission = s.id AND dataset = ?3))) "
        "SELECT id FROM (SELECT id FROM wanted WHERE sender = ?4 AND ?4 <> '' ORDER BY id DESC LIMIT ?8) "
        "UNION SELECT id FROM (SELECT id FROM wanted AS s WHERE target IN (SELECT value FROM json_each(?5)) "
        "AND CASE WHEN target_is_package THEN target IN (SELECT value FROM json_each(?7)) "
        "WHEN target = '' THEN EXISTS (SELECT 1 FROM parts WHERE submission = s.id) "
        "ELSE target IN (SELECT value FROM json_each(?6)) END "
        "AND NOT EXISTS (SELECT 1 FROM parts WHERE submission = s.id AND dataset NOT IN "
        "(SELECT value FROM json_each(?6))) ORDER BY id DESC LIMIT ?8) ORDER BY 1 DESC LIMIT ?8"));
    TRY(ids.bind(before, state, filter.dataset, scope.sender, all_targets, datasets, packages, limit));
    return read_records(connection, ids);
}

class SqliteCatalog final : public Catalog {
public:
    SqliteCatalog(std::unique_ptr<Connection> writing, std::string path, const Clock& clock, CommitWatch committed)
        : clock_(clock), path_(path), database_(std::move(writing), std::move(path), std::move(committed)) {}

    Result<SubmissionId> create(SubmissionRecord record, const CatalogEvent& event) override {
        SubmissionId id;
        Status status = database_.writer.commit([&](Connection& connection) -> Status {
            id = TRY(sqlite::insert_submission(connection, record, clock_.now()));
            return sqlite::write_event(connection, id, event, clock_.now());
        });
        if (!status) return fail(std::move(status.error()));
        event_log_.tell();
        return id;
    }

    Status update(const SubmissionRecord& record, SubmissionState expected, const CatalogEvent& event) override {
        return update(record, expected, event, nullptr);
    }

    Status update_and_answer(const SubmissionRecord& record, SubmissionState expected, const CatalogEvent& event,
                             const AnsweredRequest& answered) override {
        return update(record, expected, event, &answered);
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
            if (filter.scope) return list_visible(connection, filter, before, state, limit);
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
            Query ids = TRY(connection.query("SELECT id FROM submissions WHERE state IN "
                                             "('receiving', 'settling', 'queued', 'checking', 'held', 'publishing') "
                                             "AND kind <> 'records' ORDER BY id"));
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
                "+ iif(?2 = ?3, (SELECT count(*) FROM parts WHERE errors_sha256 = ?1 OR rejects_sha256 = ?1), 0) "
                "+ (SELECT count(*) FROM uploads WHERE state = 'complete' AND target = ?2 AND sha256 = ?1)"));
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
            "FROM events WHERE at < ? AND (submission IS NULL OR submission NOT IN (SELECT id FROM submissions WHERE "
            "state IN ('receiving', 'settling', 'queued', 'checking', 'held', 'publishing')))";
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

    Inbox& inbox() override { return inbox_; }
    Requests& requests() override { return requests_; }
    Jobs& jobs() override { return jobs_; }
    Keys& keys() override { return keys_; }
    AuditLog& audit() override { return audit_; }

    UploadRecords& uploads() override { return uploads_; }

    Pickups& pickups() override { return pickups_; }

    EventLog& event_log() override { return event_log_; }
    Notifications& notifications() override { return notifications_; }

private:
    Status update(const SubmissionRecord& record, SubmissionState expected, const CatalogEvent& event,
                  const AnsweredRequest* answered) {
        Status written = database_.writer.commit([&](Connection& connection) -> Status {
            const SubmissionState stored = TRY(read_state(connection, record.id));
            if (stored != expected) return fail(wrong_state(record.id, stored, expected));
            if (record.lease) TRY(check_lease(connection, record.id, record.lease));
            if (ends_job(record.state)) TRY(end_job(connection, record.id));
            const Timestamp now = clock_.now();
            const std::string note = sqlite::file_note_text(record);
            {
                Query row =
                    TRY(connection.query("UPDATE submissions SET kind = ?, state = ?, reason_code = ?, reason = ?, "
                                         "target = ?, target_is_package = ?, file_name = ?, "
                                         "raw_sha256 = iif(raw_forgotten, raw_sha256, ?), raw_bytes = ?, received_at = "
                                         "?, updated_at = ?, sent_by = ?, version = ?, "
                                         "attempts = ?, parent = ?, cascade = ?, rejects_approved = ?, sender = ?, "
                                         "source = ?, file_note = ?, trace = ? WHERE id = ?"));
                TRY(bind_submission(row, record, note, now));
                TRY(row.bind(record.id.value));
                TRY(row.run());
            }
            TRY(remove_belongings(connection, record.id));
            TRY(write_belongings(connection, record.id, record));
            TRY(write_event(connection, record.id, event, now));
            if (answered == nullptr) return {};
            return sqlite::store_request(connection, answered->request, &answered->answer, now);
        });
        if (written) event_log_.tell();
        return written;
    }

    const Clock& clock_;
    const std::string path_;
    sqlite::Database database_;
    sqlite::SqliteEventLog event_log_{clock_, database_};
    sqlite::SqliteInbox inbox_{database_, clock_, event_log_};
    sqlite::SqliteRequests requests_{database_, clock_};
    sqlite::SqliteJobs jobs_{database_, clock_};
    sqlite::KeyRows keys_{database_, clock_};
    sqlite::AuditRows audit_{database_, clock_};
    SqliteUploads uploads_{database_, clock_};
    SqlitePickups pickups_{database_};
    sqlite::SqliteNotifications notifications_{clock_, database_};
};

} // namespace

Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const std::string& path, const Clock& clock,
                                                     CommitWatch committed) {
    auto connection = TRY(sqlite::Connection::open(path));
    TRY(sqlite::prepare_schema(*connection));
    return std::make_unique<SqliteCatalog>(std::move(connection), path, clock, std::move(committed));
}

} // namespace inlet
