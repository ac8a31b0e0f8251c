// What decides, before anything is written, whether a part may change its dataset: keys and unique values that are
// taken, and the limits on deletions (docs/versions.md, Publishing). Used by one thread, under the writer lock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "warehouse/duckdb/change_set.hpp"

namespace inlet::duck {

// Why a submission is not published.
struct Refusal {
    SubmissionOutcome::State state = SubmissionOutcome::State::rejected;
    Error reason;
};
using Decision = std::optional<Refusal>; // nothing: go on

// Asks the judge about staged records of an append whose key or unique value is live; takes them out of the stage if
// the rest may be published.
Result<Decision> decide_conflicts(Connection& db, ChangeSet& change, SubmissionId submission, PublishJudge& judge);

// The limits on deletions of sync, replace and delete_missing. Spares deletions in the delta and sets what the change
// settles.
Result<Decision> decide_deletes(Connection& db, ChangeSet& change, FeedRegistry& feeds,
                                const std::optional<std::uint64_t>& approved);

// Deletions and unique fields of an upsert, sync, keyed replace or delete_missing, until both agree. Takes what the
// judge leaves out from the delta.
Result<Decision> decide_by_key(Connection& db, ChangeSet& change, FeedRegistry& feeds, SubmissionId submission,
                               PublishJudge& judge, const std::optional<std::uint64_t>& approved);

} // namespace inlet::duck
