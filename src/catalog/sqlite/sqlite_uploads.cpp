#include "catalog/sqlite/sqlite_uploads.hpp"

#include <fmt/format.h>

#include "catalog/rules.hpp"

namespace inlet {

namespace {

using sqlite::Connection;
using sqlite::Query;

constexpr std::string_view kColumns =
    "owner, kind, state, target, target_is_package, file_name, metadata, concat, partials, ends_when_told, length, "
    "received, sha256, submission, expires_at, sent_by, id, created_at";

// Ids hold no spaces.
std::string joined(const std::vector<std::string>& ids) { return fmt::format("{}", fmt::join(ids, " ")); }

std::vector<std::string> parted(std::string_view text) {
    std::vector<std::string> ids;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        ids.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return ids;
}

// All columns but the last two.
Status bind_upload(Query& row, const UploadRecord& record, const std::string& partials) {
    TRY(row.bind(record.owner, to_string(record.kind), to_string(record.state), record.target,
                 std::int64_t{record.target_is_package}, record.file_name, record.metadata, record.concat, partials,
                 std::int64_t{record.ends_when_told}));
    if (record.length) {
        TRY(row.bind(static_cast<std::int64_t>(*record.length)));
    } else {
        TRY(row.bind(nullptr));
    }
    return row.bind(static_cast<std::int64_t>(record.offset), record.sha256, record.submission.value, record.expires_at,
                    record.by);
}

Result<UploadRecord> upload_of(const Query& row) {
    const std::string id = row.text(16);
    const auto kind = upload_kind_from(row.text(1));
    const auto state = upload_state_from(row.text(2));
    if (!kind || !state) {
        return fail(FailureCode::catalog_failed, fmt::format("upload {} is of the kind `{}` and in the state `{}`, "
                                                             "which are not both known here",
                                                             id, row.text(1), row.text(2)));
    }
    UploadRecord record;
    record.id = id;
    record.owner = row.text(0);
    record.kind = *kind;
    record.state = *state;
    record.target = row.text(3);
    record.target_is_package = row.integer(4) != 0;
    record.file_name = row.text(5);
    record.metadata = row.text(6);
    record.concat = row.text(7);
    record.partials = parted(row.text(8));
    record.ends_when_told = row.integer(9) != 0;
    if (!row.is_null(10)) record.length = static_cast<std::uint64_t>(row.integer(10));
    record.offset = static_cast<std::uint64_t>(row.integer(11));
    record.sha256 = row.text(12);
    record.submission = SubmissionId(row.integer(13));
    record.expires_at = row.integer(14);
    record.by = row.text(15);
    record.created_at = row.integer(17);
    return record;
}

Result<std::optional<UploadRecord>> read_upload(Connection& connection, std::string_view id) {
    Query row = TRY(connection.query(fmt::format("SELECT {} FROM uploads WHERE id = ?", kColumns)));
    TRY(row.bind(id));
    if (!TRY(row.step())) return std::nullopt;
    return TRY(upload_of(row));
}

Result<std::vector<UploadRecord>> read_uploads(Query& rows) {
    std::vector<UploadRecord> records;
    while (TRY(rows.step())) records.push_back(TRY(upload_of(rows)));
    return records;
}

} // namespace

Status SqliteUploads::add(UploadRecord record) {
    const std::string partials = joined(record.partials);
    return database_.writer.commit([&](Connection& connection) -> Status {
        if (TRY(read_upload(connection, record.id))) return fail(upload_exists(record.id));
        Query row = TRY(connection.query(fmt::format("INSERT INTO uploads ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                                                     "?, ?, ?, ?, ?, ?, ?, ?)",
                                                     kColumns)));
        TRY(bind_upload(row, record, partials));
        TRY(row.bind(record.id, clock_.now()));
        return row.run();
    });
}

Result<std::optional<UploadRecord>> SqliteUploads::find(std::string_view id) {
    return database_.reader.ask([&](Connection& connection) { return read_upload(connection, id); });
}

Status SqliteUploads::update(const UploadRecord& record) {
    const std::string partials = joined(record.partials);
    return database_.writer.commit([&](Connection& connection) -> Status {
        if (!TRY(read_upload(connection, record.id))) return fail(unknown_upload(record.id));
        Query row = TRY(connection.query(
            "UPDATE uploads SET owner = ?, kind = ?, state = ?, target = ?, target_is_package = ?, file_name = ?, "
            "metadata = ?, concat = ?, partials = ?, ends_when_told = ?, length = ?, received = ?, sha256 = ?, "
            "submission = ?, expires_at = ?, sent_by = ? WHERE id = ?"));
        TRY(bind_upload(row, record, partials));
        TRY(row.bind(record.id));
        return row.run();
    });
}

Status SqliteUploads::remove(std::string_view id) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        Query row = TRY(connection.query("DELETE FROM uploads WHERE id = ?"));
        TRY(row.bind(id));
        return row.run();
    });
}

Result<std::vector<UploadRecord>> SqliteUploads::expired(Timestamp moment) {
    return database_.reader.ask([&](Connection& connection) -> Result<std::vector<UploadRecord>> {
        Query rows = TRY(connection.query(
            fmt::format("SELECT {} FROM uploads WHERE expires_at <= ? ORDER BY expires_at, number", kColumns)));
        TRY(rows.bind(moment));
        return read_uploads(rows);
    });
}

Result<std::vector<UploadRecord>> SqliteUploads::unsettled() {
    return database_.reader.ask([&](Connection& connection) -> Result<std::vector<UploadRecord>> {
        Query rows = TRY(connection.query(fmt::format("SELECT {} FROM uploads WHERE state = 'complete' OR (state = "
                                                      "'receiving' AND kind = 'final') ORDER BY number",
                                                      kColumns)));
        return read_uploads(rows);
    });
}

Result<UnfinishedUploads> SqliteUploads::unfinished() {
    return database_.reader.ask([](Connection& connection) -> Result<UnfinishedUploads> {
        Query row =
            TRY(connection.query("SELECT count(*), coalesce(sum(received), 0) FROM uploads WHERE state = 'receiving'"));
        CHECK(TRY(row.step()));
        return UnfinishedUploads{.count = static_cast<std::uint64_t>(row.integer(0)),
                                 .bytes = static_cast<std::uint64_t>(row.integer(1))};
    });
}

} // namespace inlet
