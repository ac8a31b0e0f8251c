// Repeatable requests as rows. Floor 3, for the SQLite catalog alone.
#pragma once

#include "catalog/requests.hpp"
#include "catalog/sqlite/database.hpp"

namespace inlet::sqlite {

// Within a transaction of the caller's. Nothing: the request is new.
Result<std::optional<StoredAnswer>> find_answer(Connection& connection, const RequestKey& request);
// `answer` null: under way.
Status store_request(Connection& connection, const RequestKey& request, const StoredAnswer* answer, Timestamp now);

class SqliteRequests final : public Requests {
public:
    SqliteRequests(Database& database, const Clock& clock) : database_(database), clock_(clock) {} // borrowed

    Result<std::optional<Earlier>> begin(const RequestKey& request) override;
    Status finish(const AnsweredRequest& answered) override;
    Status abandon(const RequestKey& request) override;
    Status abandon_all() override;
    Status forget(Timestamp before) override;
    Status forget_about(const std::string& location) override;

private:
    Database& database_;
    const Clock& clock_;
};

} // namespace inlet::sqlite
