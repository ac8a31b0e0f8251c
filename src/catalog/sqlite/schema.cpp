// One step of SQL for each format; a file goes through the steps that it has not seen.
#include "catalog/sqlite/schema.hpp"

#include <array>

#include <chrono>
#include <thread>

#include <fmt/format.h>

namespace inlet::sqlite {

namespace {

// In the file's header, so that `file` and we can tell it: "Inlt".
constexpr std::int64_t kApplicationId = 0x496e6c74;

// Absent hashes are NULL, so that the indexes on them stay small. Counts are unsigned and stored as the signed number
// of the same bits.
constexpr const char* kStep1 = R"sql(
CREATE TABLE submissions (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    kind              TEXT NOT NULL,
    state             TEXT NOT NULL,
    reason_code       TEXT NOT NULL,
    reason            TEXT NOT NULL,
    target            TEXT NOT NULL,
    target_is_package INTEGER NOT NULL,
    file_name         TEXT NOT NULL,
    raw_sha256        TEXT,
    raw_forgotten     INTEGER NOT NULL,
    raw_bytes         INTEGER NOT NULL,
    received_at       INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    sent_by           TEXT NOT NULL,
    version           INTEGER NOT NULL,
    attempts          INTEGER NOT NULL,
    parent            INTEGER NOT NULL,
    cascade           INTEGER NOT NULL,
    rejects_approved  INTEGER NOT NULL
) STRICT;
CREATE INDEX submissions_by_state ON submissions (state, id);
CREATE INDEX submissions_by_target ON submissions (target, id);
CREATE INDEX submissions_by_raw ON submissions (raw_sha256, target) WHERE raw_sha256 IS NOT NULL;

CREATE TABLE submission_undoes (
    submission INTEGER NOT NULL REFERENCES submissions (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    undone     INTEGER NOT NULL,
    PRIMARY KEY (submission, position)
) STRICT, WITHOUT ROWID;

-- kind: 'approved' or 'asked'
CREATE TABLE submission_deletes (
    submission INTEGER NOT NULL REFERENCES submissions (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    dataset    TEXT NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (submission, kind, dataset)
) STRICT, WITHOUT ROWID;

CREATE TABLE parts (
    submission      INTEGER NOT NULL REFERENCES submissions (id) ON DELETE CASCADE,
    position        INTEGER NOT NULL,
    name            TEXT NOT NULL,
    dataset         TEXT NOT NULL,
    dialect         TEXT NOT NULL,
    rows            INTEGER NOT NULL,
    accepted        INTEGER NOT NULL,
    rejected        INTEGER NOT NULL,
    inserted        INTEGER NOT NULL,
    updated         INTEGER NOT NULL,
    deleted         INTEGER NOT NULL,
    unchanged       INTEGER NOT NULL,
    held_deletes    INTEGER NOT NULL,
    skipped_deletes INTEGER NOT NULL,
    errors_total    INTEGER NOT NULL,
    errors_sha256   TEXT,
    rejects_sha256  TEXT,
    PRIMARY KEY (submission, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX parts_by_dataset ON parts (dataset, submission);
CREATE INDEX parts_by_errors ON parts (errors_sha256) WHERE errors_sha256 IS NOT NULL;
CREATE INDEX parts_by_rejects ON parts (rejects_sha256) WHERE rejects_sha256 IS NOT NULL;

CREATE TABLE part_counts (
    submission INTEGER NOT NULL,
    part       INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    code       TEXT NOT NULL,
    field      TEXT NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (submission, part, position),
    FOREIGN KEY (submission, part) REFERENCES parts (submission, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    submission INTEGER NOT NULL REFERENCES submissions (id) ON DELETE CASCADE,
    type       TEXT NOT NULL,
    detail     TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_submission ON events (submission, number);
)sql";

constexpr const char* kStep2 = "ALTER TABLE parts ADD COLUMN superseded INTEGER NOT NULL DEFAULT 0";

// Keys, in the order in which they were made.
constexpr const char* kStep3 = R"sql(
CREATE TABLE keys (
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    role       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL
) STRICT;
)sql";

// Small submissions, and answers to requests that may be repeated (status 0: not answered yet).
constexpr const char* kStep4 = R"sql(
CREATE TABLE inbox (
    submission INTEGER PRIMARY KEY REFERENCES submissions (id) ON DELETE CASCADE,
    form       TEXT NOT NULL,
    body       TEXT NOT NULL,
    late       TEXT NOT NULL
) STRICT;

CREATE TABLE requests (
    principal   TEXT NOT NULL,
    request_key TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    status      INTEGER NOT NULL,
    location    TEXT NOT NULL,
    body        TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (principal, request_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_by_time ON requests (at);
)sql";

// Keys that are rotated and restricted, whose a submission is, and the audit log, which a slip of ours cannot change.
constexpr const char* kStep5 = R"sql(
ALTER TABLE keys ADD COLUMN datasets TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN old_sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN old_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE submissions ADD COLUMN sender TEXT NOT NULL DEFAULT '';
CREATE INDEX submissions_by_sender ON submissions (sender, id) WHERE sender <> '';

CREATE TABLE audit (
    number     INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    by_name    TEXT NOT NULL,
    by_id      TEXT NOT NULL,
    address    TEXT NOT NULL,
    action     TEXT NOT NULL,
    object     TEXT NOT NULL,
    submission INTEGER NOT NULL,
    outcome    TEXT NOT NULL,
    detail     TEXT NOT NULL,
    hash       TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
)sql";

// Uploads that arrive piece by piece. partials: ids with a space between; received: bytes that are safe.
constexpr const char* kStep6 = R"sql(
CREATE TABLE uploads (
    number            INTEGER PRIMARY KEY,
    id                TEXT NOT NULL UNIQUE,
    owner             TEXT NOT NULL,
    sent_by           TEXT NOT NULL,
    kind              TEXT NOT NULL,
    state             TEXT NOT NULL,
    target            TEXT NOT NULL,
    target_is_package INTEGER NOT NULL,
    file_name         TEXT NOT NULL,
    metadata          TEXT NOT NULL,
    concat            TEXT NOT NULL,
    partials          TEXT NOT NULL,
    ends_when_told    INTEGER NOT NULL,
    length            INTEGER,
    received          INTEGER NOT NULL,
    sha256            TEXT NOT NULL,
    submission        INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX uploads_by_expiry ON uploads (expires_at);
CREATE INDEX uploads_by_state ON uploads (state, kind);
)sql";

// Files taken out of watch folders. `state` is the number of a PickupState; `answer_files` are names with `/` between.
constexpr const char* kStep7 = R"sql(
ALTER TABLE submissions ADD COLUMN source TEXT NOT NULL DEFAULT '';
CREATE TABLE pickups (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    provider     TEXT NOT NULL,
    folder       TEXT NOT NULL,
    name         TEXT NOT NULL,
    inode        INTEGER NOT NULL,
    size         INTEGER NOT NULL,
    modified_ns  INTEGER NOT NULL,
    changed_ns   INTEGER NOT NULL,
    state        INTEGER NOT NULL,
    submission   INTEGER NOT NULL,
    duplicate    INTEGER NOT NULL,
    told         TEXT NOT NULL,
    answer_files TEXT NOT NULL
) STRICT;
CREATE INDEX pickups_by_file ON pickups (provider, folder, name, number);
CREATE INDEX pickups_open ON pickups (provider, folder, number) WHERE state < 3;
)sql";

// Events may be about a dataset instead of a submission. Notifications, and marks of those who watch datasets.
constexpr const char* kStep8 = R"sql(
CREATE TABLE events_4 (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    submission INTEGER REFERENCES submissions (id) ON DELETE CASCADE,
    dataset    TEXT NOT NULL DEFAULT '',
    type       TEXT NOT NULL,
    detail     TEXT NOT NULL
) STRICT;
INSERT INTO events_4 SELECT number, at, submission, '', type, detail FROM events;
DELETE FROM sqlite_sequence WHERE name = 'events_4';
INSERT INTO sqlite_sequence (name, seq) SELECT 'events_4', seq FROM sqlite_sequence WHERE name = 'events';
DROP TABLE events;
ALTER TABLE events_4 RENAME TO events;
CREATE INDEX events_by_submission ON events (submission, number);

CREATE TABLE notifications (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    event      INTEGER NOT NULL,
    type       TEXT NOT NULL,
    submission INTEGER NOT NULL,
    receiver   TEXT NOT NULL,
    message_id TEXT NOT NULL,
    state      TEXT NOT NULL,
    attempts   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    first_at   INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    last_error TEXT NOT NULL,
    UNIQUE (event, receiver)
) STRICT;
CREATE INDEX notifications_pending ON notifications (receiver, next_at, id) WHERE state = 'pending';
CREATE TABLE notification_cursor (one INTEGER PRIMARY KEY CHECK (one = 1), event INTEGER NOT NULL) STRICT;
CREATE TABLE receivers_off (receiver TEXT PRIMARY KEY, address TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE marks (
    dataset TEXT NOT NULL,
    name    TEXT NOT NULL,
    value   INTEGER NOT NULL,
    PRIMARY KEY (dataset, name)
) STRICT, WITHOUT ROWID;
)sql";

// What a delivery to a dataset of files says of its file, as JSON (catalog/file_note.hpp).
constexpr const char* kStep9 = "ALTER TABLE submissions ADD COLUMN file_note TEXT NOT NULL DEFAULT ''";

// Who works on which submission. A lease's number is that of its row, and is never given twice.
constexpr const char* kStep10 = R"sql(
CREATE TABLE jobs (
    lease      INTEGER PRIMARY KEY AUTOINCREMENT,
    submission INTEGER NOT NULL UNIQUE REFERENCES submissions (id) ON DELETE CASCADE,
    worker     TEXT NOT NULL,
    since      INTEGER NOT NULL,
    until      INTEGER NOT NULL,
    failures   INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    code       TEXT NOT NULL,
    reason     TEXT NOT NULL
) STRICT;
)sql";

// All headers of an answer that is kept, one a line.
constexpr const char* kStep11 = "ALTER TABLE requests ADD COLUMN headers TEXT NOT NULL DEFAULT ''";

// The trace that a submission belongs to.
constexpr const char* kStep12 = "ALTER TABLE submissions ADD COLUMN trace TEXT NOT NULL DEFAULT ''";

constexpr std::array<const char*, kCatalogFormat> kSteps{kStep1, kStep2, kStep3, kStep4,  kStep5,  kStep6,
                                                         kStep7, kStep8, kStep9, kStep10, kStep11, kStep12};

struct Format {
    std::int64_t number = 0;
    bool is_empty = false; // no table at all
};

Result<Format> read_format(Connection& connection) {
    const std::int64_t number = TRY(connection.integer("PRAGMA user_version"));
    const std::int64_t application = TRY(connection.integer("PRAGMA application_id"));
    if (application == kApplicationId && number > kCatalogFormat) {
        return fail(FailureCode::format_too_new,
                    fmt::format("the catalog has format {}; this program knows {}", number, kCatalogFormat));
    }
    if (application == kApplicationId && number > 0) return Format{.number = number, .is_empty = false};
    if (application == 0 && number == 0 && TRY(connection.integer("SELECT count(*) FROM sqlite_schema")) == 0)
        return Format{.number = 0, .is_empty = true};
    return fail(FailureCode::catalog_failed, "the file is an SQLite database, but not an Inlet catalog");
}

Status migrate(Connection& connection) {
    TRY(connection.begin_writing());
    // Read again under the lock: another process may have been first.
    const Format format = TRY(read_format(connection));
    if (format.is_empty) TRY(connection.execute(fmt::format("PRAGMA application_id = {}", kApplicationId)));
    for (auto step = static_cast<std::size_t>(format.number); step < kSteps.size(); ++step)
        TRY(connection.execute(kSteps[step]));
    TRY(connection.execute(fmt::format("PRAGMA user_version = {}", kCatalogFormat)));
    return connection.commit();
}

// SQLite does not wait for others while it changes how a file is journalled, so we do.
Status switch_to_log(Connection& connection) {
    constexpr int kTries = 400;
    constexpr std::chrono::milliseconds kPause(25);
    for (int left = kTries;; --left) {
        Status switched = connection.execute("PRAGMA journal_mode = WAL");
        if (switched || !connection.was_busy() || left == 0) return switched;
        std::this_thread::sleep_for(kPause);
    }
}

} // namespace

Status prepare_schema(Connection& connection) {
    TRY(prepare_connection(connection));
    const Format format = TRY(read_format(connection));
    TRY(switch_to_log(connection)); // kept by the file, but not by every copy of it
    if (format.number == kCatalogFormat) return {};
    Status status = migrate(connection);
    if (!status) connection.rollback();
    return status;
}

Status prepare_connection(Connection& connection) {
    // FULL: a commit is synced before it is answered. The log goes into the file every 16 MiB (in pages of 4 KiB), so
    // that a page at the end of a table is copied once for many commits, and shrinks back to that after a burst. The
    // cache is given in KiB, as a negative number.
    return connection.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = "
                              "16777216; PRAGMA wal_autocheckpoint = 4096; PRAGMA cache_size = -16384");
}

} // namespace inlet::sqlite
