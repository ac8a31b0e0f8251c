// See guards.hpp.
#include "warehouse/duckdb/guards.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "warehouse/duckdb/names.hpp"

namespace inlet::duck {

namespace {

using State = SubmissionOutcome::State;

// Hands the staged records found by `select` (their _order) to the judge and removes them from the stage if it says so.
Result<Decision> judge_orders(Connection& db, ChangeSet& change, SubmissionId submission, PublishJudge& judge, FailureCode code,
                              const std::vector<std::size_t>& positions, const std::string& select) {
    const std::string found = change.stage + "_taken";
    TRY(db.run(fmt::format("CREATE TEMP TABLE {} AS {}", found, select)));
    std::vector<RecordOrder> orders;
    for (const auto& row : TRY(db.rows(fmt::format("SELECT _order FROM {} ORDER BY _order", found)))) {
        orders.push_back({static_cast<std::uint64_t>(row[0].number)});
    }
    Decision decision;
    if (!orders.empty()) {
        std::vector<std::string> fields;
        for (const std::size_t i : positions) fields.push_back(change.table->columns()[i].name);
        const auto refuse = [&](State state) {
            decision = Refusal{state, Error(code, fmt::format("{} records of the part have a value in `{}` that is taken in `{}`", orders.size(),
                                                              fmt::join(fields, ", "), change.table->name))
                                          .with("dataset", change.table->name)};
        };
        switch (TRY(judge.conflicts(submission, change.table->name, code, fields, orders))) {
        case PublishJudge::Verdict::publish_rest:
            TRY(db.run(fmt::format("DELETE FROM {} WHERE _order IN (SELECT _order FROM {})", change.stage, found)));
            change.sent -= orders.size();
            break;
        case PublishJudge::Verdict::reject: refuse(State::rejected); break;
        case PublishJudge::Verdict::hold: refuse(State::held); break;
        }
    }
    TRY(db.run("DROP TABLE " + found));
    return decision;
}

Decision reject(FailureCode code, const std::string& dataset, std::string why) {
    return Refusal{State::rejected, Error(code, std::move(why)).with("dataset", dataset)};
}

// Held until somebody approves exactly this many deletions.
Decision hold(FailureCode code, const std::string& dataset, std::string why, std::uint64_t deletes) {
    return Refusal{State::held, Error(code, std::move(why)).with("dataset", dataset).with("deletes", std::to_string(deletes))};
}

// Takes the deletions that meet the condition (all if it is empty) out of the delta and counts them as skipped.
Status keep_rows(Connection& db, ChangeSet& change, const std::string& condition) {
    const std::string where = condition.empty() ? "" : " AND " + condition;
    const auto kept = static_cast<std::uint64_t>(
        TRY(db.changed(fmt::format("DELETE FROM {} AS d WHERE _kind = {}{}", change.delta, static_cast<int>(DeltaKind::remove), where))));
    change.counts.deleted -= kept;
    change.skipped_deletes += kept;
    return {};
}

// Keeps the rows whose key stands in a broken record.
Status keep_broken(Connection& db, ChangeSet& change, FeedRegistry& feeds) {
    if (change.part->broken_keys == nullptr) return {};
    const StoredTable& table = *change.table;
    const FeedScope feed(feeds, db, table.schema, {change.part->broken_keys});
    std::string same;
    for (const std::size_t i : table.key) same += fmt::format("{}b.c{} = d.o{}", same.empty() ? "" : " AND ", i, i);
    auto kept = keep_rows(db, change, fmt::format("EXISTS (SELECT 1 FROM {} b WHERE {})", feed.sql(), same));
    if (!kept) return fail(feed.blame(std::move(kept.error())));
    return {};
}

} // namespace

Result<Decision> decide_conflicts(Connection& db, ChangeSet& change, SubmissionId submission, PublishJudge& judge) {
    const StoredTable& table = *change.table;
    if (!table.key.empty()) {
        const std::string taken = fmt::format("SELECT s._order FROM {} s SEMI JOIN {} l ON {}", change.stage, live_table(table.name), same_key(table));
        if (auto refusal = TRY(judge_orders(db, change, submission, judge, FailureCode::primary_key, table.key, taken))) return refusal;
    }
    for (const std::size_t i : table.unique) {
        const std::string taken = fmt::format("SELECT s._order FROM {} s SEMI JOIN {} l ON s.c{} = l.{}", change.stage, live_table(table.name), i,
                                              quote_name(table.columns()[i].name));
        if (auto refusal = TRY(judge_orders(db, change, submission, judge, FailureCode::unique_error, {i}, taken))) return refusal;
    }
    return Decision{};
}

Result<Decision> decide_deletes(Connection& db, ChangeSet& change, FeedRegistry& feeds, const std::optional<std::uint64_t>& approved) {
    const StoredTable& table = *change.table;
    const PublishPart& part = *change.part;
    const DeletePolicy& policy = part.deletes;
    const bool sync = part.effect == Effect::sync;
    if (part.effect != Effect::delete_missing && !sync && part.effect != Effect::replace) return Decision{};
    if (sync && policy.policy != DeletePolicy::Policy::missing) return Decision{};

    if (sync && part.rejected != 0) {
        if (policy.on_rejects == DeletePolicy::OnRejects::delete_nothing || !part.broken_keys_readable) {
            TRY(keep_rows(db, change, ""));
            return Decision{};
        }
        TRY(keep_broken(db, change, feeds));
    }
    if (part.effect == Effect::delete_missing) {
        TRY(keep_broken(db, change, feeds));
        change.skipped_deletes = 0; // they were never meant to go
    }

    const std::uint64_t deleted = change.counts.deleted;
    const auto live = static_cast<std::uint64_t>(TRY(db.number("SELECT count(*) FROM " + live_table(table.name))));
    if (approved) {
        if (*approved == deleted) {
            change.settles = part.effect != Effect::delete_missing;
            return Decision{};
        }
        return hold(FailureCode::approval_changed, table.name,
                    fmt::format("{} deletions were approved, and now {} rows of `{}` would go", *approved, deleted, table.name), deleted);
    }
    if (part.effect == Effect::delete_missing) {
        return hold(FailureCode::deletes_over_limit, table.name, fmt::format("{} rows of `{}` would go, and nobody has approved it", deleted, table.name), deleted);
    }

    const bool empty = change.sent == 0 && live != 0 && !policy.allow_empty;
    const bool over_rows = policy.max_rows && deleted > static_cast<std::uint64_t>(*policy.max_rows);
    const bool over_share = policy.max_share && static_cast<double>(deleted) > *policy.max_share * static_cast<double>(live);
    if (!empty && !over_rows && !over_share) {
        change.settles = true;
        return Decision{};
    }
    const FailureCode code = empty ? FailureCode::empty_snapshot : FailureCode::deletes_over_limit;
    const std::string why = empty ? fmt::format("the part is empty and would delete all {} rows of `{}`", live, table.name)
                                  : fmt::format("{} of {} rows of `{}` would be deleted, which is over the limit", deleted, live, table.name);
    switch (policy.over_limit) {
    case DeletePolicy::OverLimit::reject: return reject(code, table.name, why);
    case DeletePolicy::OverLimit::skip:
        if (!sync) return reject(code, table.name, why);
        TRY(keep_rows(db, change, ""));
        return Decision{};
    case DeletePolicy::OverLimit::hold:
        if (!sync || empty) return hold(code, table.name, why, deleted);
        TRY(keep_rows(db, change, ""));
        change.skipped_deletes -= deleted;
        change.held_deletes = deleted;
        return Decision{};
    }
    CHECK(!"every over_limit is handled");
}

} // namespace inlet::duck
