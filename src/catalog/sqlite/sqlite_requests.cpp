#include "catalog/sqlite/sqlite_requests.hpp"

#include "catalog/rules.hpp"

namespace inlet::sqlite {

Result<std::optional<StoredAnswer>> find_answer(Connection& connection, const RequestKey& request) {
    Query row = TRY(connection.query("SELECT sha256, status, location, body FROM requests WHERE principal = ? AND "
                                     "request_key = ?"));
    TRY(row.bind(request.principal, request.key));
    if (!TRY(row.step())) return std::nullopt;
    if (row.text(0) != request.sha256) return fail(key_reused(request));
    if (row.integer(1) == 0) return fail(under_way(request));
    return StoredAnswer{static_cast<unsigned>(row.integer(1)), row.text(2), row.text(3)};
}

Status store_request(Connection& connection, const RequestKey& request, const StoredAnswer* answer, Timestamp now) {
    static const StoredAnswer kNone;
    const StoredAnswer& what = answer == nullptr ? kNone : *answer;
    Query row = TRY(connection.query("INSERT OR REPLACE INTO requests (principal, request_key, sha256, status, "
                                     "location, body, at) VALUES (?, ?, ?, ?, ?, ?, ?)"));
    TRY(row.bind(request.principal, request.key, request.sha256, std::int64_t{what.status}, what.location, what.body,
                 now));
    return row.run();
}

Result<std::optional<StoredAnswer>> SqliteRequests::begin(const RequestKey& request) {
    std::optional<StoredAnswer> earlier;
    const auto look = [&](Connection& connection) -> Status {
        earlier = TRY(find_answer(connection, request));
        if (earlier) return {};
        return store_request(connection, request, nullptr, clock_.now());
    };
    TRY(database_.writer.commit(look));
    return earlier;
}

Status SqliteRequests::finish(const RequestKey& request, const StoredAnswer& answer) {
    return database_.writer.commit(
        [&](Connection& connection) { return store_request(connection, request, &answer, clock_.now()); });
}

Status SqliteRequests::abandon(const RequestKey& request) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        Query row =
            TRY(connection.query("DELETE FROM requests WHERE principal = ? AND request_key = ? AND status = 0"));
        TRY(row.bind(request.principal, request.key));
        return row.run();
    });
}

Status SqliteRequests::abandon_all() {
    return database_.writer.commit(
        [](Connection& connection) { return connection.execute("DELETE FROM requests WHERE status = 0"); });
}

Status SqliteRequests::forget(Timestamp before) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        Query row = TRY(connection.query("DELETE FROM requests WHERE at < ? AND status <> 0"));
        TRY(row.bind(before));
        return row.run();
    });
}

} // namespace inlet::sqlite
