// One publishing transaction: submissions in the order of their receipt, each deciding its guards before it writes,
// models, and the lines in
// `_inlet.versions`. Used by one thread, under the writer lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "warehouse/duckdb/change_set.hpp"
#include "warehouse/duckdb/guards.hpp"
#include "warehouse/duckdb/micro_batch.hpp"
#include "warehouse/duckdb/row_feed.hpp"
#include "warehouse/duckdb/tables.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::duck {

struct StagedBatch {
    SubmissionId submission;
    std::string dataset;
    std::shared_ptr<const RowSource> rows; // shared with the pipeline that staged it
};
using Staged = std::map<std::string, StagedBatch>; // by token

// A line of `_inlet.versions` to be written.
struct VersionLine {
    std::string dataset;
    SubmissionId submission;
    std::string kind;
    ChangeCounts counts;
    std::vector<SubmissionId> undoes;
    bool settled = false;
    std::string many; // a temporary table of lines alike but for submission and counts; `counts` is of all then
    std::size_t many_lines = 0;
    std::string by; // empty: the request's
};

// Ends a transaction so that readers see its rows and its tables' shapes together.
using Commit = std::function<Status(Transaction&)>;

// Writes the lines. The version is published at the clock's time, or at the last version's if that is later.
Status write_versions(Connection& db, Version version, const std::vector<VersionLine>& lines, const std::string& by,
                      const Clock& clock);

// What a publication works with.
struct Means {
    Connection& db;
    FeedRegistry& feeds;
    DiffRegistry& diffs;
    DiffSettings diff;
    std::size_t join_bytes_max; // of the smaller side of a comparison by key; beyond it a KeyedDiff is used
};

class Publication {
public:
    // `tables` follows what models change; it is meant for the caller once the publication is committed.
    Publication(const Means& means, Tables& tables, const Staged& staged, const Clock& clock,
                const PublishRequest& request, PublishJudge& judge, Commit commit);
    ~Publication();
    Publication(const Publication&) = delete;
    Publication& operator=(const Publication&) = delete;
    Result<PublishOutcome> run();

private:
    struct Judged; // a judge that answers a question asked before without asking again

    // One try of the whole; nothing when it has to start over because a submission failed after it had written.
    Result<std::optional<PublishOutcome>> attempt();
    Result<SubmissionOutcome> publish_one(const PublishSubmission& submission);
    // The submissions from `first` on that may be published together; none if that are fewer than two.
    Result<std::vector<MicroSubmission>> micro_batch(std::size_t first);
    Result<std::vector<SubmissionOutcome>> publish_together(const std::vector<MicroSubmission>& submissions);
    Result<std::vector<std::shared_ptr<const RowSource>>> staged_rows(const PublishPart& part, SubmissionId id) const;
    // `wrote_before`: whether an earlier part of the submission has changed the dataset.
    Result<Decision> prepare(ChangeSet& change, const PublishSubmission& submission, bool wrote_before);
    Result<bool> is_empty(const StoredTable& table);
    // Whether the rows of the part, or the smaller of both sides, are too many for a join in memory.
    Result<bool> is_large(const ChangeSet& change, bool smaller);
    // Lets a KeyedDiff take in both sides.
    Status gather(ChangeSet& change);
    Status write(ChangeSet& change, const PublishSubmission& submission, SubmissionOutcome& outcome);

    const Means& means_;
    Connection& db_;
    FeedRegistry& feeds_;
    Tables& tables_;
    const Staged& staged_;
    const Clock& clock_;
    const PublishRequest& request_;
    const Commit commit_;
    std::unique_ptr<Judged> judge_;

    // Of the current attempt.
    Version version_;
    std::vector<VersionLine> lines_;
    std::set<SubmissionId> seen_; // published by it, or before
    std::size_t next_table_ = 0;
    bool start_over_ = false;
    std::map<std::size_t, SubmissionOutcome>
        failed_; // by place in the request: submissions that are left out of the next attempts
};

} // namespace inlet::duck
