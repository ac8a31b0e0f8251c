// See submission_rows.hpp.
#include "catalog/sqlite/submission_rows.hpp"

#include <utility>

#include <fmt/format.h>

#include "catalog/rules.hpp"

namespace inlet::sqlite {

// An absent hash is NULL.
Status bind_hash(Query& query, std::string_view sha256) {
    return sha256.empty() ? query.bind(nullptr) : query.bind(sha256);
}

// ---- rows to records ------------------------------------------------------------------------------------------------

static std::unexpected<Error> unknown_word(SubmissionId id, std::string_view column, const std::string& word) {
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
static Result<SubmissionRecord> read_submission(Connection& connection, SubmissionId id) {
    Query row = TRY(connection.query(
        "SELECT kind, state, reason_code, reason, target, target_is_package, file_name, "
        "iif(raw_forgotten, NULL, raw_sha256), raw_bytes, received_at, updated_at, sent_by, version, attempts, parent, "
        "cascade, rejects_approved, sender, source, file_note, trace FROM submissions WHERE id = ?"));
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
    record.sender = row.text(17);
    record.source = row.text(18);
    if (const std::string note = row.text(19); !note.empty()) {
        record.file = read_file_note(note);
        if (!record.file)
            return fail(FailureCode::catalog_failed,
                        fmt::format("what submission {} says of its file cannot be read", id.value));
    }
    record.trace = row.text(20);
    return record;
}

static Status read_undoes(Connection& connection, SubmissionRecord& record) {
    Query rows = TRY(connection.query("SELECT undone FROM submission_undoes WHERE submission = ? ORDER BY position"));
    TRY(rows.bind(record.id.value));
    while (TRY(rows.step())) record.undoes.emplace_back(rows.integer(0));
    return {};
}

static Status read_deletes(Connection& connection, SubmissionRecord& record) {
    Query rows =
        TRY(connection.query("SELECT kind = 'approved', dataset, count FROM submission_deletes WHERE submission = ?"));
    TRY(rows.bind(record.id.value));
    while (TRY(rows.step())) {
        auto& counts = rows.integer(0) != 0 ? record.delete_approvals : record.asked_deletes;
        counts.emplace(rows.text(1), unsigned_bits(rows.integer(2)));
    }
    return {};
}

static Status read_parts(Connection& connection, SubmissionRecord& record) {
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

static Status read_counts(Connection& connection, SubmissionRecord& record) {
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
Status bind_submission(Query& query, const SubmissionRecord& record, const std::string& note, Timestamp now) {
    TRY(query.bind(to_string(record.kind), to_string(record.state), record.reason_code, record.reason, record.target,
                   std::int64_t{record.target_is_package}, record.file_name));
    TRY(bind_hash(query, record.raw_sha256));
    return query.bind(bits(record.raw_bytes), record.received_at, now, record.by, record.version.value,
                      std::int64_t{record.attempts}, record.parent.value, std::int64_t{record.cascade},
                      std::int64_t{record.rejects_approved}, record.sender, record.source, note, record.trace);
}

std::string file_note_text(const SubmissionRecord& record) { return record.file ? file_note_json(*record.file) : ""; }

static Status write_deletes(Connection& connection, SubmissionId id, std::string_view kind,
                            const std::map<std::string, std::uint64_t>& deletes) {
    for (const auto& [dataset, count] : deletes) {
        Query row = TRY(
            connection.query("INSERT INTO submission_deletes (submission, kind, dataset, count) VALUES (?, ?, ?, ?)"));
        TRY(row.bind(id.value, kind, dataset, bits(count)));
        TRY(row.run());
    }
    return {};
}

static Status write_part(Connection& connection, SubmissionId id, std::int64_t position, const PartRecord& part) {
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

// The next id, and the rows.
Result<SubmissionId> insert_submission(Connection& connection, const SubmissionRecord& record, Timestamp now) {
    const std::string note = file_note_text(record);
    {
        Query row = TRY(connection.query("INSERT INTO submissions (kind, state, reason_code, reason, target, "
                                         "target_is_package, file_name, raw_sha256, raw_bytes, "
                                         "received_at, updated_at, sent_by, version, attempts, parent, "
                                         "cascade, rejects_approved, sender, source, file_note, trace, raw_forgotten) "
                                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)"));
        TRY(bind_submission(row, record, note, now));
        TRY(row.run());
    }
    const SubmissionId id(connection.last_insert_id());
    TRY(write_belongings(connection, id, record));
    return id;
}

} // namespace inlet::sqlite
