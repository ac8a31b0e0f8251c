// See guards.hpp.
#include "warehouse/duckdb/guards.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "warehouse/duckdb/names.hpp"

namespace inlet::duck {

namespace {

using State = SubmissionOutcome::State;

// Hands the records found by `select` (their _order) to the judge and removes them from the table `from` (if any) if it
// says so. `left_out` grows by them.
Result<Decision> judge_orders(Connection& db, ChangeSet& change, SubmissionId submission, PublishJudge& judge,
                              FailureCode code, const std::vector<std::size_t>& positions, const std::string& select,
                              const std::string& from) {
    const std::string found = "_taken";
    auto selected = db.run(fmt::format("CREATE TEMP TABLE {} AS {}", found, select));
    if (!selected) return fail(change.blame(std::move(selected.error())));
    std::vector<RecordOrder> orders;
    for (const auto& row : TRY(db.rows(fmt::format("SELECT _order FROM {} ORDER BY _order", found)))) {
        orders.push_back({static_cast<std::uint64_t>(row[0].number)});
    }
    Decision decision;
    if (!orders.empty()) {
        std::vector<std::string> fields;
        for (const std::size_t i : positions) fields.push_back(change.table->columns()[i].name);
        const auto refuse = [&](State state) {
            decision = Refusal{
                state, Error(code, fmt::format("{} records of the part have a value in `{}` that is taken in `{}`",
                                               orders.size(), fmt::join(fields, ", "), change.table->name))
                           .with("dataset", change.table->name)};
        };
        switch (TRY(judge.conflicts(submission, change.table->name, code, fields, orders))) {
        case PublishJudge::Verdict::publish_rest:
            if (!from.empty())
                TRY(db.run(fmt::format("DELETE FROM {} WHERE _order IN (SELECT _order FROM {})", from, found)));
            change.left_out += orders.size();
            break;
        case PublishJudge::Verdict::reject:
            refuse(State::rejected);
            break;
        case PublishJudge::Verdict::hold:
            refuse(State::held);
            break;
        }
    }
    TRY(db.run("DROP TABLE " + found));
    return decision;
}

// `deletes`: how many somebody would have to approve.
Decision refuse(State state, FailureCode code, const std::string& dataset, std::string why, std::uint64_t deletes) {
    return Refusal{state,
                   Error(code, std::move(why)).with("dataset", dataset).with("deletes", std::to_string(deletes))};
}

// Spares the deletions that meet the condition (all if it is empty) and counts them as skipped.
Status spare(Connection& db, ChangeSet& change, const std::string& condition) {
    if (change.delta.empty()) return {}; // nothing is live, so nothing goes
    const std::string where = condition.empty() ? "" : " AND " + condition;
    const auto spared = static_cast<std::uint64_t>(
        TRY(db.changed(fmt::format("UPDATE {} AS d SET _kind = {} WHERE _kind = {}{}", change.delta,
                                   static_cast<int>(DeltaKind::spared), static_cast<int>(DeltaKind::remove), where))));
    change.counts.deleted -= spared;
    change.skipped_deletes += spared;
    return {};
}

// Spares the rows whose key stands in a broken record.
Status spare_broken(Connection& db, ChangeSet& change, FeedRegistry& feeds) {
    if (change.part->broken_keys == nullptr) return {};
    const StoredTable& table = *change.table;
    const FeedScope feed(feeds, db, table.schema, {change.part->broken_keys});
    std::string same;
    for (const std::size_t i : table.key) same += fmt::format("{}b.c{} = d.o{}", same.empty() ? "" : " AND ", i, i);
    auto kept = spare(db, change, fmt::format("EXISTS (SELECT 1 FROM {} b WHERE {})", feed.sql(), same));
    if (!kept) return fail(feed.blame(std::move(kept.error())));
    return {};
}

} // namespace

Result<Decision> decide_conflicts(Connection& db, ChangeSet& change, SubmissionId submission, PublishJudge& judge) {
    const StoredTable& table = *change.table;
    if (change.diff != nullptr) {
        // What is taken is found, but no insertion, so that it is left out by itself.
        change.diff->begin_pass({.changes = true, .removals = false, .same = true});
        const std::string taken = fmt::format("SELECT _order FROM {} WHERE _kind <> {}", change.diff->sql(),
                                              static_cast<int>(DeltaKind::insert));
        return judge_orders(db, change, submission, judge, FailureCode::primary_key, table.key, taken, "");
    }
    if (!table.key.empty()) {
        const std::string taken = fmt::format("SELECT s._order FROM {} s SEMI JOIN {} l ON {}", change.stage,
                                              live_table(table.name), same_key(table));
        if (auto refusal = TRY(
                judge_orders(db, change, submission, judge, FailureCode::primary_key, table.key, taken, change.stage)))
            return refusal;
    }
    for (const std::size_t i : table.unique) {
        const std::string taken = fmt::format("SELECT s._order FROM {} s SEMI JOIN {} l ON s.c{} = l.{}", change.stage,
                                              live_table(table.name), i, quote_name(table.columns()[i].name));
        if (auto refusal =
                TRY(judge_orders(db, change, submission, judge, FailureCode::unique_error, {i}, taken, change.stage)))
            return refusal;
    }
    return Decision{};
}

Result<Decision> decide_deletes(Connection& db, ChangeSet& change, FeedRegistry& feeds,
                                const std::optional<std::uint64_t>& approved) {
    const StoredTable& table = *change.table;
    const PublishPart& part = *change.part;
    const DeletePolicy& policy = part.deletes;
    const bool sync = part.effect == Effect::sync;
    if (part.effect != Effect::delete_missing && !sync && part.effect != Effect::replace) return Decision{};
    if (sync && policy.policy != DeletePolicy::Policy::missing) return Decision{};

    if (sync && (part.rejected != 0 || change.left_out != 0)) {
        if (policy.on_rejects == DeletePolicy::OnRejects::delete_nothing ||
            (part.rejected != 0 && !part.broken_keys_readable)) {
            TRY(spare(db, change, ""));
            return Decision{};
        }
        TRY(spare_broken(db, change, feeds));
    }
    if (part.effect == Effect::delete_missing) {
        TRY(spare_broken(db, change, feeds));
        change.skipped_deletes = 0; // they were never meant to go
    }

    const std::uint64_t deleted = change.counts.deleted;
    const auto live = static_cast<std::uint64_t>(TRY(db.number("SELECT count(*) FROM " + live_table(table.name))));
    if (approved) {
        if (*approved == deleted) {
            change.settles = part.effect != Effect::delete_missing;
            return Decision{};
        }
        return refuse(
            State::held, FailureCode::approval_changed, table.name,
            fmt::format("{} deletions were approved, and now {} rows of `{}` would go", *approved, deleted, table.name),
            deleted);
    }
    if (part.effect == Effect::delete_missing) {
        return refuse(State::held, FailureCode::deletes_over_limit, table.name,
                      fmt::format("{} rows of `{}` would go, and nobody has approved it", deleted, table.name),
                      deleted);
    }

    const bool empty = change.sent == 0 && live != 0 && !policy.allow_empty;
    const bool over_rows = policy.max_rows && deleted > static_cast<std::uint64_t>(*policy.max_rows);
    const bool over_share =
        policy.max_share && static_cast<double>(deleted) > *policy.max_share * static_cast<double>(live);
    if (!empty && !over_rows && !over_share) {
        change.settles = true;
        return Decision{};
    }
    const FailureCode code = empty ? FailureCode::empty_snapshot : FailureCode::deletes_over_limit;
    const std::string why =
        empty
            ? fmt::format("the part is empty and would delete all {} rows of `{}`", live, table.name)
            : fmt::format("{} of {} rows of `{}` would be deleted, which is over the limit", deleted, live, table.name);
    switch (policy.over_limit) {
    case DeletePolicy::OverLimit::reject:
        return refuse(State::rejected, code, table.name, why, deleted);
    case DeletePolicy::OverLimit::skip:
        if (!sync) return refuse(State::rejected, code, table.name, why, deleted);
        TRY(spare(db, change, ""));
        return Decision{};
    case DeletePolicy::OverLimit::hold:
        if (!sync || empty) return refuse(State::held, code, table.name, why, deleted);
        TRY(spare(db, change, ""));
        change.skipped_deletes -= deleted;
        change.held_deletes = deleted;
        return Decision{};
    }
    CHECK(!"every over_limit is handled");
}

namespace {

// The records to be written whose value in the column another row holds in the state that the delta leaves.
std::string breaking(const ChangeSet& change, std::size_t column) {
    const std::string written =
        fmt::format("_kind IN ({}, {})", static_cast<int>(DeltaKind::insert), static_cast<int>(DeltaKind::update));
    const std::string ended =
        fmt::format("_kind IN ({}, {})", static_cast<int>(DeltaKind::update), static_cast<int>(DeltaKind::remove));
    return fmt::format("SELECT d._order FROM {0} d WHERE {1} AND n{2} IS NOT NULL AND (n{2} IN (SELECT n{2} FROM {0} "
                       "WHERE {1} GROUP BY n{2} HAVING count(*) > 1) "
                       "OR n{2} IN (SELECT l.{3} FROM {4} l WHERE l.{3} IN (SELECT n{2} FROM {0} WHERE {1}) "
                       "AND NOT EXISTS (SELECT 1 FROM {0} e WHERE e._rid = l.rowid AND {5})))",
                       change.delta, written, column, quote_name(change.table->columns()[column].name),
                       live_table(change.table->name), ended);
}

} // namespace

Result<Decision> decide_by_key(Connection& db, ChangeSet& change, FeedRegistry& feeds, SubmissionId submission,
                               PublishJudge& judge, const std::optional<std::uint64_t>& approved) {
    // A record that is left out may bring back a value that another one counted on to be gone: until there is nothing
    // to leave out.
    for (bool again = true; again;) {
        again = false;
        if (change.skipped_deletes + change.held_deletes != 0) {
            TRY(db.run(fmt::format("UPDATE {} SET _kind = {} WHERE _kind = {}", change.delta,
                                   static_cast<int>(DeltaKind::remove), static_cast<int>(DeltaKind::spared))));
        }
        change.skipped_deletes = 0;
        change.held_deletes = 0;
        change.settles = false;
        TRY(count_delta(db, change));
        if (auto refusal = TRY(decide_deletes(db, change, feeds, approved))) return refusal;
        for (const std::size_t column : change.table->unique) {
            const std::uint64_t before = change.left_out;
            if (auto refusal = TRY(judge_orders(db, change, submission, judge, FailureCode::unique_error, {column},
                                                breaking(change, column), change.delta))) {
                return refusal;
            }
            again = change.left_out != before;
            if (again) break;
        }
    }
    return Decision{};
}

} // namespace inlet::duck
