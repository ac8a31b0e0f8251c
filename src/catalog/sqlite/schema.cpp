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

// Uploads that arrive piece by piece. partials: ids with a space between; received: bytes that are safe.
constexpr const char* kStep4 = R"sql(
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

constexpr std::array<const char*, kCatalogFormat> kSteps{kStep1, kStep2, kStep3, kStep4};

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
    // FULL: a commit is synced before it is answered. The log shrinks back to 16 MiB after a burst.
    return connection.execute(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 16777216");
}

} // namespace inlet::sqlite
