#include "catalog/sqlite/sqlite_requests.hpp"

#include "catalog/rules.hpp"

namespace inlet::sqlite {

namespace {

struct Row {
    std::string sha256;
    std::optional<StoredAnswer> answer; // nothing: under way
};

// "Name: value", one a line.
std::string headers_text(const std::vector<std::pair<std::string, std::string>>& headers) {
    std::string text;
    for (const auto& [name, value] : headers) text.append(name).append(": ").append(value).append("\n");
    return text;
}

std::vector<std::pair<std::string, std::string>> headers_from(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> headers;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        const std::size_t colon = line.find(": ");
        headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
        text.remove_prefix(line.size() + 1);
    }
    return headers;
}

Result<std::optional<Row>> find_row(Connection& connection, const RequestKey& request) {
    Query row = TRY(connection.query("SELECT sha256, status, location, body, headers FROM requests WHERE principal = ? "
                                     "AND request_key = ?"));
    TRY(row.bind(request.principal, request.key));
    if (!TRY(row.step())) return std::nullopt;
    Row found{.sha256 = row.text(0), .answer = std::nullopt};
    if (row.integer(1) != 0) {
        found.answer =
            StoredAnswer{static_cast<unsigned>(row.integer(1)), row.text(2), row.text(3), headers_from(row.text(4))};
    }
    return found;
}

} // namespace

Result<std::optional<StoredAnswer>> find_answer(Connection& connection, const RequestKey& request) {
    std::optional<Row> row = TRY(find_row(connection, request));
    if (!row) return std::nullopt;
    if (row->sha256 != request.sha256) return fail(key_reused(request));
    if (!row->answer) return fail(under_way(request));
    return std::move(row->answer);
}

Status store_request(Connection& connection, const RequestKey& request, const StoredAnswer* answer, Timestamp now) {
    static const StoredAnswer kNone;
    const StoredAnswer& what = answer == nullptr ? kNone : *answer;
    Query row = TRY(connection.query("INSERT OR REPLACE INTO requests (principal, request_key, sha256, status, "
                                     "location, body, headers, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
    const std::string headers = headers_text(what.headers); // bound as it is, until the row is written
    TRY(row.bind(request.principal, request.key, request.sha256, std::int64_t{what.status}, what.location, what.body,
                 headers, now));
    return row.run();
}

Result<std::optional<Requests::Earlier>> SqliteRequests::begin(const RequestKey& request) {
    std::optional<Earlier> earlier;
    const auto look = [&](Connection& connection) -> Status {
        std::optional<Row> row = TRY(find_row(connection, request));
        if (!row) return store_request(connection, request, nullptr, clock_.now());
        if (!row->answer) return fail(row->sha256 == request.sha256 ? under_way(request) : key_reused(request));
        earlier = Earlier{std::move(row->sha256), *std::move(row->answer)};
        return {};
    };
    TRY(database_.writer.commit(look));
    return earlier;
}

Status SqliteRequests::finish(const AnsweredRequest& answered) {
    return database_.writer.commit([&](Connection& connection) {
        return store_request(connection, answered.request, &answered.answer, clock_.now());
    });
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

Status SqliteRequests::forget_about(const std::string& location) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        Query row = TRY(connection.query("DELETE FROM requests WHERE location = ? AND status <> 0"));
        TRY(row.bind(location));
        return row.run();
    });
}

Status SqliteRequests::forget(Timestamp before) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        Query row = TRY(connection.query("DELETE FROM requests WHERE at < ? AND status <> 0"));
        TRY(row.bind(before));
        return row.run();
    });
}

} // namespace inlet::sqlite
