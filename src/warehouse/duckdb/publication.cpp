// See publication.hpp.
#include "warehouse/duckdb/publication.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "base/commit_point.hpp"
#include "warehouse/duckdb/models.hpp"
#include "warehouse/duckdb/names.hpp"

namespace inlet::duck {

namespace {

ChangeCounts& operator+=(ChangeCounts& left, const ChangeCounts& right) {
    left.inserted += right.inserted;
    left.updated += right.updated;
    left.deleted += right.deleted;
    left.unchanged += right.unchanged;
    return left;
}

} // namespace

struct Publication::Judged final : PublishJudge {
    explicit Judged(PublishJudge& real) : real_(real) {}

    Result<Verdict> conflicts(SubmissionId submission, const std::string& dataset, FailureCode code,
                              const std::vector<std::string>& fields, const std::vector<RecordOrder>& orders) override {
        const auto question = std::tuple(submission, dataset, code, fields, orders);
        for (const auto& [asked, verdict] : answers_) {
            if (asked == question) return verdict;
        }
        const Verdict verdict = TRY(real_.conflicts(submission, dataset, code, fields, orders));
        answers_.emplace_back(question, verdict);
        return verdict;
    }

private:
    using Question =
        std::tuple<SubmissionId, std::string, FailureCode, std::vector<std::string>, std::vector<RecordOrder>>;
    PublishJudge& real_;
    std::vector<std::pair<Question, Verdict>> answers_;
};

Status write_versions(Connection& db, Version version, const std::vector<VersionLine>& lines, const std::string& by,
                      const Clock& clock) {
    const std::int64_t last = TRY(db.number("SELECT epoch_us(max(published_at)) FROM _inlet.versions"));
    const Timestamp published_at = std::max(clock.now(), last);
    std::size_t place = 0;
    for (const VersionLine& line : lines) {
        if (!line.many.empty()) {
            TRY(db.run(
                fmt::format("INSERT INTO _inlet.versions SELECT {}, make_timestamp({}), {}, _id, {}, _inserted, "
                            "_updated, 0, coalesce(nullif(_by, ''), {}), []::BIGINT[], false, {} + _place FROM {} "
                            "ORDER BY _place",
                            version.value, published_at, quote_text(line.dataset), quote_text(line.kind),
                            quote_text(by), place, line.many)));
            TRY(db.run("DROP TABLE " + line.many));
            place += line.many_lines;
            continue;
        }
        std::vector<std::int64_t> undoes;
        for (const SubmissionId id : line.undoes) undoes.push_back(id.value);
        TRY(db.run(fmt::format("INSERT INTO _inlet.versions VALUES ({}, make_timestamp({}), {}, {}, {}, {}, {}, {}, "
                               "{}, [{}]::BIGINT[], {}, {})",
                               version.value, published_at, quote_text(line.dataset), line.submission.value,
                               quote_text(line.kind), line.counts.inserted, line.counts.updated, line.counts.deleted,
                               quote_text(line.by.empty() ? by : line.by), fmt::join(undoes, ", "), line.settled,
                               place++)));
    }
    return {};
}

Publication::Publication(const Means& means, Tables& tables, const Staged& staged, const Clock& clock,
                         const PublishRequest& request, PublishJudge& judge, Commit commit)
    : means_(means), db_(means.db), feeds_(means.feeds), tables_(tables), staged_(staged), clock_(clock),
      request_(request), commit_(std::move(commit)), judge_(std::make_unique<Judged>(judge)) {}

Publication::~Publication() = default;

Result<PublishOutcome> Publication::run() {
    const Tables before = tables_;
    for (;;) {
        if (auto outcome = TRY(attempt())) return *std::move(outcome);
        tables_ = before;
    }
}

Result<std::optional<PublishOutcome>> Publication::attempt() {
    lines_.clear();
    seen_.clear();
    start_over_ = false;
    auto transaction = TRY(Transaction::begin(db_));
    commit_point("warehouse.publish-begun");
    version_ = Version(TRY(last_version(db_)).value + 1);
    PublishOutcome outcome;
    for (std::size_t i = 0; i < request_.submissions.size(); i++) {
        const PublishSubmission& submission = request_.submissions[i];
        if (const auto failed = failed_.find(i); failed != failed_.end()) {
            outcome.submissions.push_back(failed->second);
            continue;
        }
        const std::vector<MicroSubmission> together = TRY(micro_batch(i));
        if (!together.empty()) {
            std::vector<SubmissionOutcome> published = TRY(publish_together(together));
            std::ranges::move(published, std::back_inserter(outcome.submissions));
            i += together.size() - 1;
            continue;
        }
        outcome.submissions.push_back(TRY(publish_one(submission)));
        if (start_over_) {
            failed_.emplace(i, outcome.submissions.back());
            return std::nullopt;
        }
    }
    if (lines_.empty()) return outcome;
    outcome.models = TRY(refresh_models(db_, tables_, request_.models, changed_by(lines_), version_, lines_));
    TRY(write_versions(db_, version_, lines_, request_.by, clock_));
    if (request_.dry_run) return outcome;
    commit_point("warehouse.publish-written");
    TRY(commit_(transaction));
    commit_point("warehouse.publish-committed");
    outcome.version = version_;
    return outcome;
}

Result<SubmissionOutcome> Publication::publish_one(const PublishSubmission& submission) {
    SubmissionOutcome outcome;
    outcome.id = submission.id;
    if (seen_.contains(submission.id) ||
        TRY(db_.number(
            fmt::format("SELECT count(*) FROM _inlet.versions WHERE submission = {}", submission.id.value))) != 0) {
        outcome.state = SubmissionOutcome::State::rejected;
        outcome.reason = Error(FailureCode::already_published,
                               fmt::format("submission {} is published already", submission.id.value));
        return outcome;
    }
    std::vector<ChangeSet> waiting; // decided, not yet written
    std::vector<VersionLine> lines;
    bool wrote = false;
    const auto write_waiting = [&]() -> Status {
        for (ChangeSet& change : waiting) {
            TRY(write(change, submission, outcome));
            const auto line = std::find_if(lines.begin(), lines.end(),
                                           [&](const VersionLine& l) { return l.dataset == change.table->name; });
            if (line == lines.end()) {
                lines.push_back({change.table->name,
                                 submission.id,
                                 std::string(to_string(change.part->effect)),
                                 change.counts,
                                 {},
                                 change.settles,
                                 "",
                                 0,
                                 submission.by});
            } else {
                line->counts += change.counts;
                line->kind = to_string(change.part->effect);
                line->settled = line->settled || change.settles;
            }
            wrote = true;
        }
        waiting.clear();
        return {};
    };

    for (const PublishPart& part : submission.parts) {
        const auto table = tables_.find(part.dataset);
        if (table == tables_.end() || table->second.model) {
            return fail(FailureCode::unknown_dataset, fmt::format("there is no dataset `{}`", part.dataset));
        }
        // A second part of a dataset is compared with what the first one leaves.
        const bool again = std::any_of(waiting.begin(), waiting.end(),
                                       [&](const ChangeSet& change) { return change.table == &table->second; });
        if (again) TRY(write_waiting());

        ChangeSet change;
        change.table = &table->second;
        change.part = &part;
        const bool before = std::any_of(lines.begin(), lines.end(),
                                        [&](const VersionLine& line) { return line.dataset == part.dataset; });
        if (auto refusal = TRY(prepare(change, submission, before))) {
            start_over_ = wrote;
            outcome.parts.clear();
            outcome.state = refusal->state;
            outcome.reason = std::move(refusal->reason);
            for (ChangeSet& other : waiting) TRY(drop_tables(db_, other));
            TRY(drop_tables(db_, change));
            return outcome;
        }
        waiting.push_back(std::move(change));
    }
    TRY(write_waiting());
    lines_.insert(lines_.end(), lines.begin(), lines.end());
    seen_.insert(submission.id);
    return outcome;
}

Result<std::vector<MicroSubmission>> Publication::micro_batch(std::size_t first) {
    std::vector<MicroSubmission> found;
    std::set<SubmissionId> ids;
    const PublishPart* like = nullptr;
    for (std::size_t i = first; i < request_.submissions.size() && !failed_.contains(i); ++i) {
        const PublishSubmission& submission = request_.submissions[i];
        if (submission.parts.size() != 1) break;
        const PublishPart& part = submission.parts.front();
        if (like != nullptr && (part.dataset != like->dataset || part.effect != like->effect)) break;
        auto sources = TRY(staged_rows(part, submission.id));
        std::uint64_t rows = 0;
        for (const auto& source : sources) rows += source->rows();
        if (!fits_micro_batch(tables_, request_, submission, rows)) break;
        if (seen_.contains(submission.id) || !ids.insert(submission.id).second) break;
        like = &part;
        found.push_back({&submission, std::move(sources)});
    }
    if (found.size() > 1) {
        const auto [least, most] = std::minmax_element(ids.begin(), ids.end());
        const std::string published = fmt::format("SELECT DISTINCT submission FROM _inlet.versions WHERE submission "
                                                  "BETWEEN {} AND {}",
                                                  least->value, most->value);
        for (const auto& row : TRY(db_.rows(published))) seen_.insert(SubmissionId(row[0].number));
        const auto end =
            std::ranges::find_if(found, [&](const MicroSubmission& one) { return seen_.contains(one.submission->id); });
        found.erase(end, found.end());
    }
    if (found.size() < 2) found.clear();
    return found;
}

Result<std::vector<SubmissionOutcome>> Publication::publish_together(const std::vector<MicroSubmission>& submissions) {
    const PublishPart& part = submissions.front().submission->parts.front();
    const StoredTable& table = tables_.find(part.dataset)->second;
    MicroBatchOutcome outcome =
        TRY(publish_micro_batch(db_, feeds_, table, submissions, version_, next_table_++, *judge_));
    if (outcome.published == 0) {
        TRY(db_.run("DROP TABLE " + outcome.lines));
        return std::move(outcome.submissions);
    }
    VersionLine line{table.name, SubmissionId(0), std::string(to_string(part.effect)), outcome.counts, {}, false};
    line.many = outcome.lines;
    line.many_lines = outcome.published;
    lines_.push_back(std::move(line));
    for (const SubmissionOutcome& submission : outcome.submissions) {
        if (submission.state == SubmissionOutcome::State::published) seen_.insert(submission.id);
    }
    return std::move(outcome.submissions);
}

Result<std::vector<std::shared_ptr<const RowSource>>> Publication::staged_rows(const PublishPart& part,
                                                                               SubmissionId id) const {
    std::vector<std::shared_ptr<const RowSource>> sources;
    for (const StageToken& token : part.tokens) {
        const auto found = staged_.find(token.value);
        if (found == staged_.end() || found->second.submission != id || found->second.dataset != part.dataset) {
            return fail(Error(FailureCode::internal, "a batch that is to be published was never staged, or discarded")
                            .with("token", token.value));
        }
        sources.push_back(found->second.rows);
    }
    return sources;
}

Result<Decision> Publication::prepare(ChangeSet& change, const PublishSubmission& submission, bool wrote_before) {
    const StoredTable& table = *change.table;
    change.feed = std::make_unique<FeedScope>(feeds_, db_, table.schema, TRY(staged_rows(*change.part, submission.id)));
    const std::size_t number = next_table_++;
    const std::string stage = fmt::format("_stage_{}", number);
    const std::string delta = fmt::format("_delta_{}", number);

    if (change.part->effect == Effect::append) {
        const bool guarded = !table.key.empty() || !table.unique.empty();
        const bool compared = guarded && !TRY(is_empty(table));
        if (!compared) {
            // Rows of an earlier part of the submission could not be told from this one's, were a sample of them
            // wanted.
            if (wrote_before && request_.sample_rows != 0) TRY(stage_rows(db_, change, stage));
            return Decision{};
        }
        if (table.unique.empty() && request_.sample_rows == 0 && TRY(is_large(change, true))) {
            TRY(gather(change));
            return decide_conflicts(db_, change, submission.id, *judge_);
        }
        TRY(stage_rows(db_, change, stage));
        return decide_conflicts(db_, change, submission.id, *judge_);
    }
    if (table.key.empty() && change.part->effect != Effect::replace) {
        return fail(FailureCode::bad_argument,
                    fmt::format("`{}` has no primary key, which {} needs", table.name, to_string(change.part->effect)));
    }
    const auto approved = submission.approved_deletes.find(table.name);
    const auto deletes =
        approved == submission.approved_deletes.end() ? std::nullopt : std::optional<std::uint64_t>(approved->second);
    // Into an empty table everything is an insertion, and needs no comparison.
    const bool plain = !only_removes(*change.part) && table.unique.empty() && TRY(is_empty(table));
    const bool distinct = table.key.empty() || change.part->keys_distinct || only_removes(*change.part);
    // Few rows name those that go.
    const bool by_partition = !table.key.empty() && change.part->effect != Effect::remove &&
                              TRY(is_large(change, distinct)) && !(plain && distinct);
    if (by_partition) {
        TRY(gather(change));
    } else if (distinct) {
        change.sent = change.feed->rows();
    } else {
        TRY(stage_rows(db_, change, stage));
        TRY(drop_repeats(db_, change));
    }
    if (plain) return decide_deletes(db_, change, feeds_, deletes);
    TRY(compare(db_, change, delta));
    if (!table.key.empty()) return decide_by_key(db_, change, feeds_, submission.id, *judge_, deletes);
    TRY(count_delta(db_, change));
    return decide_deletes(db_, change, feeds_, deletes);
}

Result<bool> Publication::is_large(const ChangeSet& change, bool smaller) {
    std::uint64_t rows = change.feed->rows();
    if (smaller)
        rows = std::min(rows, static_cast<std::uint64_t>(
                                  TRY(db_.number("SELECT count(*) FROM " + live_table(change.table->name)))));
    return rows * RowCode(change.table->schema).row_bytes_about() > means_.join_bytes_max;
}

Status Publication::gather(ChangeSet& change) {
    const auto live =
        static_cast<std::uint64_t>(TRY(db_.number("SELECT count(*) FROM " + live_table(change.table->name))));
    change.diff = std::make_unique<KeyedDiff>(db_, means_.diffs, *change.table, means_.diff);
    auto gathered = change.diff->gather(change.feed->sql(), change.feed->rows(), live);
    if (!gathered) return fail(change.blame(std::move(gathered.error())));
    return {};
}

Result<bool> Publication::is_empty(const StoredTable& table) {
    return TRY(db_.number(fmt::format("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT 1)", live_table(table.name)))) == 0;
}

Status Publication::write(ChangeSet& change, const PublishSubmission& submission, SubmissionOutcome& outcome) {
    TRY(apply(db_, change, version_, submission.id));
    PartOutcome part;
    part.dataset = change.table->name;
    part.counts = change.counts;
    part.held_deletes = change.held_deletes;
    part.skipped_deletes = change.skipped_deletes;
    part.sample = TRY(sample(db_, change, version_, submission.id, request_.sample_rows));
    outcome.parts.push_back(std::move(part));
    return drop_tables(db_, change);
}

} // namespace inlet::duck
