// Many small submissions to one dataset, published together: what each would do by itself, one after the other, is
// worked out for all of them in a few statements. Used by one thread, under the writer lock, inside the publishing
// transaction.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "warehouse/duckdb/row_feed.hpp"
#include "warehouse/duckdb/tables.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::duck {

inline constexpr std::uint64_t kMicroRowsMost = 10'000; // of a submission that may share a micro-batch

// Whether the submission may be published in a micro-batch: a few rows for one dataset, appended or upserted, that
// nothing but the primary key ties to other rows. `rows`: of the part.
bool fits_micro_batch(const Tables& tables, const PublishRequest& request, const PublishSubmission& submission,
                      std::uint64_t rows);

struct MicroSubmission {
    const PublishSubmission* submission = nullptr;
    std::vector<std::shared_ptr<const RowSource>> sources;
};

struct MicroBatchOutcome {
    std::vector<SubmissionOutcome> submissions; // in the order given
    // A temporary table of those that were published: _place (from 0, in their order), _id, _inserted, _updated,
    // _by.
    std::string lines;
    std::size_t published = 0;
    ChangeCounts counts; // of all
};

// Publishes submissions that fit, all to one dataset with one effect, as `version`. `number` tells temporary tables
// apart. Errors: of the sources and of DuckDB.
Result<MicroBatchOutcome> publish_micro_batch(Connection& db, FeedRegistry& feeds, const StoredTable& table,
                                              std::span<const MicroSubmission> submissions, Version version,
                                              std::size_t number, PublishJudge& judge);

} // namespace inlet::duck
