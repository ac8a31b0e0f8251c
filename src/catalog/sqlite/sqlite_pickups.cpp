// Pickups as rows.
#include "catalog/sqlite/sqlite_pickups.hpp"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace inlet::sqlite {

namespace {

constexpr std::string_view kSelect =
    "SELECT number, provider, folder, name, inode, size, modified_ns, changed_ns, state, submission, duplicate, told, "
    "answer_files FROM pickups WHERE ";

// File names have no `/`, and are not empty.
std::vector<std::string> split_names(std::string_view text) {
    std::vector<std::string> names;
    while (!text.empty()) {
        const std::size_t end = text.find('/');
        names.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return names;
}

Result<std::vector<PickupRecord>> read_pickups(Query& rows) {
    std::vector<PickupRecord> records;
    while (TRY(rows.step())) {
        const std::int64_t state = rows.integer(8);
        if (state < 0 || state > std::to_underlying(PickupState::answered)) {
            return fail(FailureCode::catalog_failed,
                        fmt::format("pickup {} has the state {}, which is not known here", rows.integer(0), state));
        }
        records.push_back({.number = rows.integer(0),
                           .provider = rows.text(1),
                           .folder = rows.text(2),
                           .name = rows.text(3),
                           .mark = {.inode = static_cast<std::uint64_t>(rows.integer(4)),
                                    .size = static_cast<std::uint64_t>(rows.integer(5)),
                                    .modified_ns = rows.integer(6),
                                    .changed_ns = rows.integer(7)},
                           .state = static_cast<PickupState>(state),
                           .submission = SubmissionId(rows.integer(9)),
                           .duplicate = rows.integer(10) != 0,
                           .told = rows.text(11),
                           .answer_files = split_names(rows.text(12))});
    }
    return records;
}

} // namespace

Result<std::int64_t> SqlitePickups::put(const PickupRecord& record) {
    std::int64_t number = record.number;
    const std::string files = fmt::format("{}", fmt::join(record.answer_files, "/"));
    Status status = database_.writer.commit([&](Connection& connection) -> Status {
        number = record.number;
        Query row = TRY(connection.query(
            "INSERT OR REPLACE INTO pickups (number, provider, folder, name, inode, size, modified_ns, changed_ns, "
            "state, submission, duplicate, told, answer_files) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
        if (number == 0)
            TRY(row.bind(nullptr));
        else
            TRY(row.bind(number));
        TRY(row.bind(record.provider, record.folder, record.name, static_cast<std::int64_t>(record.mark.inode),
                     static_cast<std::int64_t>(record.mark.size), record.mark.modified_ns, record.mark.changed_ns,
                     std::int64_t{std::to_underlying(record.state)}, record.submission.value,
                     std::int64_t{record.duplicate}, record.told, files));
        TRY(row.run());
        if (number == 0) number = connection.last_insert_id();
        return {};
    });
    if (!status) return fail(std::move(status.error()));
    return number;
}

Status SqlitePickups::remove(std::int64_t number) {
    return database_.writer.commit([number](Connection& connection) -> Status {
        Query row = TRY(connection.query("DELETE FROM pickups WHERE number = ?"));
        TRY(row.bind(number));
        return row.run();
    });
}

Result<std::vector<PickupRecord>> SqlitePickups::open(std::string_view provider, std::string_view folder) {
    return database_.reader.ask([&](Connection& connection) -> Result<std::vector<PickupRecord>> {
        Query rows = TRY(connection.query(fmt::format("{}provider = ? AND folder = ? AND state < {} ORDER BY number",
                                                      kSelect, std::to_underlying(PickupState::answered))));
        TRY(rows.bind(provider, folder));
        return read_pickups(rows);
    });
}

Result<std::vector<PickupRecord>> SqlitePickups::of_file(std::string_view provider, std::string_view folder,
                                                         std::string_view name) {
    return database_.reader.ask([&](Connection& connection) -> Result<std::vector<PickupRecord>> {
        Query rows =
            TRY(connection.query(fmt::format("{}provider = ? AND folder = ? AND name = ? ORDER BY number", kSelect)));
        TRY(rows.bind(provider, folder, name));
        return read_pickups(rows);
    });
}

} // namespace inlet::sqlite
