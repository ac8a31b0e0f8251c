// Lists (roles, datasets) are kept as text with commas between, which no name holds.
#include "catalog/sqlite/key_rows.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "catalog/rules.hpp"

namespace inlet::sqlite {

namespace {

constexpr std::string_view kColumns =
    "id, name, sha256, role, datasets, created_at, expires_at, revoked_at, old_sha256, old_until, last_used_at";

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> items;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        items.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return items;
}

KeyRecord key_of(const Query& row) {
    return {.id = row.text(0),
            .name = row.text(1),
            .sha256 = row.text(2),
            .roles = split(row.text(3)),
            .datasets = split(row.text(4)),
            .created_at = row.integer(5),
            .expires_at = row.integer(6),
            .revoked_at = row.integer(7),
            .old_sha256 = row.text(8),
            .old_until = row.integer(9),
            .last_used_at = row.integer(10)};
}

Result<std::optional<KeyRecord>> read_key(Connection& connection, std::string_view id) {
    static const std::string kSql = fmt::format("SELECT {} FROM keys WHERE id = ?", kColumns);
    Query row = TRY(connection.query(kSql));
    TRY(row.bind(id));
    if (!TRY(row.step())) return std::nullopt;
    return key_of(row);
}

} // namespace

Status KeyRows::add(KeyRecord key) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        if (TRY(read_key(connection, key.id))) return fail(key_exists(key.id));
        const std::string roles = fmt::format("{}", fmt::join(key.roles, ","));
        const std::string datasets = fmt::format("{}", fmt::join(key.datasets, ","));
        Query row = TRY(connection.query("INSERT INTO keys (id, name, sha256, role, datasets, created_at, expires_at, "
                                         "revoked_at, old_sha256, old_until, last_used_at) "
                                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
        TRY(row.bind(key.id, key.name, key.sha256, roles, datasets, clock_.now(), key.expires_at, key.revoked_at,
                     key.old_sha256, key.old_until, key.last_used_at));
        return row.run();
    });
}

Result<std::optional<KeyRecord>> KeyRows::find(std::string_view id) {
    return database_.quick_reader.ask([&](Connection& connection) { return read_key(connection, id); });
}

Result<std::vector<KeyRecord>> KeyRows::all() {
    return database_.reader.ask([&](Connection& connection) -> Result<std::vector<KeyRecord>> {
        Query rows = TRY(connection.query(fmt::format("SELECT {} FROM keys ORDER BY number", kColumns)));
        std::vector<KeyRecord> keys;
        while (TRY(rows.step())) keys.push_back(key_of(rows));
        return keys;
    });
}

Status KeyRows::revoke(std::string_view id) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        if (!TRY(read_key(connection, id))) return fail(unknown_key(id));
        Query row = TRY(connection.query("UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at = 0"));
        TRY(row.bind(clock_.now(), id));
        return row.run();
    });
}

Status KeyRows::rotate(std::string_view id, std::string_view sha256, Timestamp old_until) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        const auto known = TRY(read_key(connection, id));
        if (!known || known->revoked_at != 0) return fail(unknown_key(id));
        Query row =
            TRY(connection.query("UPDATE keys SET old_sha256 = sha256, old_until = ?, sha256 = ? WHERE id = ?"));
        TRY(row.bind(old_until, sha256, id));
        return row.run();
    });
}

void KeyRows::note_used(std::string_view id, Timestamp at) {
    database_.writer.submit(
        [id = std::string(id), at](Connection& connection) -> Status {
            Query row = TRY(connection.query("UPDATE keys SET last_used_at = max(last_used_at, ?) WHERE id = ?"));
            TRY(row.bind(at, std::string_view(id)));
            return row.run();
        },
        [](const Status&) {}); // of no consequence, and met again by what is
}

// https://www.sqlite.org/pragma.html#pragma_data_version: another number after every commit of another connection, and
// this one commits nothing.
Result<std::uint64_t> KeyRows::change_counter() {
    return database_.quick_reader.peek([](Connection& connection) -> Result<std::uint64_t> {
        Query row = TRY(connection.query("PRAGMA data_version"));
        CHECK(TRY(row.step()));
        return static_cast<std::uint64_t>(row.integer(0));
    });
}

} // namespace inlet::sqlite
