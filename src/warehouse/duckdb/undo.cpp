// See undo.hpp.
#include "warehouse/duckdb/undo.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "base/commit_point.hpp"
#include "warehouse/duckdb/change_set.hpp"
#include "warehouse/duckdb/events.hpp"
#include "warehouse/duckdb/models.hpp"
#include "warehouse/duckdb/names.hpp"
#include "warehouse/duckdb/undo_conflicts.hpp"

namespace inlet::duck {

namespace {

constexpr const char* kFlips = "_undo_flips"; // temporary table, see make_event_table
constexpr const char* kDelta = "_undo_delta"; // as a ChangeSet's delta, and _nsub: the submission of the row that comes

// Rows of the past (alias h) that event e left there; that it ended. What it brought and ended itself was there in
// passing.
constexpr const char* kLeft = "h._submission = e._id AND h._version = e._at AND h._ended_by <> e._id";
constexpr const char* kEnded = "h._ended_by = e._id AND NOT (h._submission = e._id AND h._version = e._at)";

std::string columns_as(const StoredTable& table, std::string_view from, std::string_view to) {
    std::string out;
    for (std::size_t i = 0; i < table.columns().size(); i++) {
        out += fmt::format("{}{}.{} AS {}{}", i == 0 ? "" : ", ", from, quote_name(table.columns()[i].name), to, i);
    }
    return out;
}

std::string renumbered(const StoredTable& table, std::string_view from, std::string_view to) {
    std::string out;
    for (std::size_t i = 0; i < table.columns().size(); i++)
        out += fmt::format("{}{}{} AS {}{}", i == 0 ? "" : ", ", from, i, to, i);
    return out;
}

// With a key: what stands at each key that a flip wrote, and what is to stand there.
Status compare_keys(Connection& db, const StoredTable& table) {
    const std::string past = past_rows(table);
    std::vector<std::string> live_keys;
    std::vector<std::string> past_keys;
    std::vector<std::string> names;
    std::vector<std::string> same_candidate;
    std::vector<std::string> same_live;
    for (std::size_t i = 0; i < table.key.size(); i++) {
        const std::string name = quote_name(table.columns()[table.key[i]].name);
        live_keys.push_back(fmt::format("l.{} AS k{}", name, i));
        past_keys.push_back(fmt::format("h.{} AS k{}", name, i));
        names.push_back(fmt::format("k{}", i));
        same_candidate.push_back(fmt::format("w.k{} = c.c{}", i, table.key[i]));
        same_live.push_back(fmt::format("w.k{} = l.{}", i, name));
    }
    // Of those that come back the last one decides a key, else of those that go the first one.
    const std::string written = fmt::format(
        "SELECT {0}, max(_rank) FILTER (_back) AS _last, min(_rank) FILTER (NOT _back) AS _first FROM ("
        "SELECT {1}, e._rank, e._back FROM {2} l JOIN {3} e ON l._submission = e._id AND l._version = e._at UNION ALL "
        "SELECT {4}, e._rank, e._back FROM ({5}) h JOIN {3} e ON h._submission = e._id AND h._version = e._at UNION "
        "ALL "
        "SELECT {4}, e._rank, e._back FROM ({5}) h JOIN {3} e ON h._ended_by = e._id) GROUP BY {0}",
        fmt::join(names, ", "), fmt::join(live_keys, ", "), live_table(table.name), kFlips, fmt::join(past_keys, ", "),
        past);
    const std::string candidates = fmt::format(
        "SELECT {0}, h._submission AS _nsub, e._rank FROM ({1}) h JOIN {2} e ON {3} WHERE e._back UNION ALL "
        "SELECT {0}, h._submission, e._rank FROM ({1}) h JOIN {2} e ON {4} WHERE NOT e._back",
        columns_as(table, "h", "c"), past, kFlips, kLeft, kEnded);
    std::vector<std::string> other{"false"};
    for (std::size_t i = 0; i < table.columns().size(); i++)
        other.push_back(fmt::format("c.c{} IS DISTINCT FROM l.{}", i, quote_name(table.columns()[i].name)));
    return db.run(fmt::format(
        "CREATE TEMP TABLE {0} AS SELECT (CASE WHEN l.rowid IS NULL THEN {1} WHEN c._nsub IS NULL THEN {2} WHEN {3} "
        "THEN {4} ELSE {5} END)::TINYINT AS _kind, "
        "l.rowid AS _rid, {6}, {7}, l._version AS _over, l._submission AS _osub, c._nsub "
        "FROM ({8}) w LEFT JOIN ({9}) c ON {10} AND c._rank = coalesce(w._last, w._first) LEFT JOIN {11} l ON {12} "
        "WHERE l.rowid IS NOT NULL OR c._nsub IS NOT NULL",
        kDelta, static_cast<int>(DeltaKind::insert), static_cast<int>(DeltaKind::remove), fmt::join(other, " OR "),
        static_cast<int>(DeltaKind::update), static_cast<int>(DeltaKind::same), renumbered(table, "c.c", "n"),
        columns_as(table, "l", "o"), written, candidates, fmt::join(same_candidate, " AND "), live_table(table.name),
        fmt::join(same_live, " AND ")));
}

// Without a key: rows with equal values and submission are one as good as the other; those that are one too many leave,
// the latest first.
Status compare_bags(Connection& db, const StoredTable& table) {
    const std::size_t width = table.columns().size();
    const std::string past = past_rows(table);
    const std::string sums = fmt::format(
        "SELECT {0}, _nsub, sum(_more)::BIGINT AS _more FROM ("
        "SELECT {1}, l._submission AS _nsub, CASE WHEN e._back THEN 1 ELSE -1 END AS _more FROM {2} l JOIN {3} e ON "
        "l._submission = e._id AND l._version = e._at "
        "UNION ALL SELECT {4}, h._submission, CASE WHEN e._back THEN 1 ELSE -1 END FROM ({5}) h JOIN {3} e ON {6} "
        "UNION ALL SELECT {4}, h._submission, CASE WHEN e._back THEN -1 ELSE 1 END FROM ({5}) h JOIN {3} e ON {7}) "
        "GROUP BY {0}, _nsub HAVING sum(_more) <> 0",
        position_list("c", width), columns_as(table, "l", "c"), live_table(table.name), kFlips,
        columns_as(table, "h", "c"), past, kLeft, kEnded);
    TRY(db.run(fmt::format("CREATE OR REPLACE TEMP TABLE _undo_sums AS {}", sums)));
    std::string none;
    for (std::size_t i = 0; i < width; i++) none += fmt::format("NULL::{} AS o{}, ", table.columns()[i].type, i);
    TRY(db.run(fmt::format("CREATE TEMP TABLE {} AS SELECT {}::TINYINT AS _kind, NULL::BIGINT AS _rid, {}, "
                           "{}NULL::BIGINT AS _over, NULL::BIGINT AS _osub, s._nsub "
                           "FROM _undo_sums s, range(s._more) WHERE s._more > 0",
                           kDelta, static_cast<int>(DeltaKind::insert), renumbered(table, "s.c", "n"), none)));
    std::string no_new;
    std::string equal;
    for (std::size_t i = 0; i < width; i++) {
        no_new += fmt::format("NULL::{}, ", table.columns()[i].type);
        equal += fmt::format(" AND l.{} IS NOT DISTINCT FROM s.c{}", quote_name(table.columns()[i].name), i);
    }
    return db.run(fmt::format(
        "INSERT INTO {} SELECT {}, _rid, {}{}, _over, _nsub, NULL FROM (SELECT l.rowid AS _rid, {}, l._version AS "
        "_over, s._nsub, s._more, "
        "row_number() OVER (PARTITION BY {}, s._nsub ORDER BY l._version DESC) AS _place "
        "FROM {} l JOIN _undo_sums s ON l._submission = s._nsub{} WHERE s._more < 0) WHERE _place <= -_more",
        kDelta, static_cast<int>(DeltaKind::remove), no_new, position_list("c", width), columns_as(table, "l", "c"),
        position_list("s.c", width), live_table(table.name), equal));
}

// Counts are those of the diff with the version before; rows that leave and come back with equal values are none.
Result<ChangeCounts> count_changes(Connection& db, const StoredTable& table) {
    ChangeCounts counts;
    if (!table.key.empty()) {
        const Rows rows = TRY(db.rows(fmt::format(
            "SELECT count(*) FILTER (_kind = {}), count(*) FILTER (_kind = {}), count(*) FILTER (_kind = {}) FROM {}",
            static_cast<int>(DeltaKind::insert), static_cast<int>(DeltaKind::update),
            static_cast<int>(DeltaKind::remove), kDelta)));
        counts.inserted = static_cast<std::uint64_t>(rows[0][0].number);
        counts.updated = static_cast<std::uint64_t>(rows[0][1].number);
        counts.deleted = static_cast<std::uint64_t>(rows[0][2].number);
        return counts;
    }
    const std::string columns = position_list("c", table.columns().size());
    const Rows rows = TRY(db.rows(
        fmt::format("SELECT coalesce(sum(greatest(n, 0)), 0)::BIGINT, coalesce(sum(greatest(-n, 0)), 0)::BIGINT FROM "
                    "(SELECT sum(_more)::BIGINT AS n FROM _undo_sums GROUP BY {})",
                    columns)));
    counts.inserted = static_cast<std::uint64_t>(rows[0][0].number);
    counts.deleted = static_cast<std::uint64_t>(rows[0][1].number);
    return counts;
}

Status write(Connection& db, const StoredTable& table, Version version, SubmissionId undo) {
    const std::size_t width = table.columns().size();
    TRY(db.run(fmt::format("INSERT INTO {} SELECT {}, _over, _osub, {}, {} FROM {} WHERE _rid IS NOT NULL",
                           history_table(table.name, table.current().number), position_list("o", width), version.value,
                           undo.value, kDelta)));
    TRY(db.run(fmt::format("DELETE FROM {} WHERE rowid IN (SELECT _rid FROM {} WHERE _rid IS NOT NULL)",
                           live_table(table.name), kDelta)));
    TRY(db.run(fmt::format("INSERT INTO {} SELECT {}, {}, _nsub FROM {} WHERE _nsub IS NOT NULL",
                           live_table(table.name), position_list("n", width), version.value, kDelta)));
    for (const std::size_t column : table.unique) {
        const std::string name = quote_name(table.columns()[column].name);
        const std::int64_t repeated =
            TRY(db.number(fmt::format("SELECT count(*) FROM (SELECT l.{0} FROM {1} l WHERE l.{0} IN (SELECT n{2} FROM "
                                      "{3} WHERE _nsub IS NOT NULL) "
                                      "GROUP BY l.{0} HAVING count(*) > 1)",
                                      name, live_table(table.name), column, kDelta)));
        if (repeated != 0) {
            return fail(Error(FailureCode::unique_error, fmt::format("two rows of `{}` would have the same `{}`",
                                                                     table.name, table.columns()[column].name))
                            .with("dataset", table.name));
        }
    }
    return {};
}

Result<std::vector<ChangedRow>> sample(Connection& db, const StoredTable& table, std::size_t limit) {
    std::vector<ChangedRow> changed;
    if (limit == 0) return changed;
    const std::size_t width = table.columns().size();
    // Without a key, rows that differ by their submission alone are no change.
    const std::string keyed =
        fmt::format("SELECT _kind, {}, {} FROM {} WHERE _kind <> {} {}", position_list("o", width),
                    position_list("n", width), kDelta, static_cast<int>(DeltaKind::same), limit_rows(limit));
    const std::string bag =
        fmt::format("SELECT CASE WHEN n > 0 THEN {} ELSE {} END, {}, {} FROM (SELECT {}, sum(_more)::BIGINT AS n FROM "
                    "_undo_sums GROUP BY {}), "
                    "range(abs(n)) {}",
                    static_cast<int>(DeltaKind::insert), static_cast<int>(DeltaKind::remove), position_list("c", width),
                    position_list("c", width), position_list("c", width), position_list("c", width), limit_rows(limit));
    TRY(each_row(db, table.key.empty() ? bag : keyed, [&](TextRow&& row) -> Status {
        changed.push_back(changed_row(row, width));
        return {};
    }));
    return changed;
}

// Whether the only flip is a submission that goes, and whose rows all stand as it brought them: it ended none, and none
// of its own was ended.
Result<bool> only_brought(Connection& db, const StoredTable& table, const std::vector<Flip>& flips) {
    if (flips.size() != 1 || flips[0].comes_back) return false;
    return TRY(db.number(fmt::format("SELECT count(*) FROM ({}) WHERE _submission = {} OR _ended_by = {}",
                                     past_rows(table), flips[0].id.value, flips[0].id.value))) == 0;
}

// The common undo of a load: its rows leave, and there is nothing to compare.
Result<PartOutcome> remove_brought(Connection& db, const StoredTable& table, const Flip& flip, Version version,
                                   SubmissionId undo, std::size_t sample_rows) {
    const std::string brought = fmt::format("{} WHERE _submission = {} AND _version = {}", live_table(table.name),
                                            flip.id.value, flip.version.value);
    const std::string columns = column_list(table.columns());
    PartOutcome part;
    part.dataset = table.name;
    if (sample_rows != 0) {
        TRY(each_row(db,
                     fmt::format("SELECT {}, {}, {} FROM {} {}", static_cast<int>(DeltaKind::remove), columns, columns,
                                 brought, limit_rows(sample_rows)),
                     [&](TextRow&& row) -> Status {
                         part.sample.push_back(changed_row(row, table.columns().size()));
                         return {};
                     }));
    }
    TRY(db.run(fmt::format("INSERT INTO {} SELECT {}, _version, _submission, {}, {} FROM {}",
                           history_table(table.name, table.current().number), columns, version.value, undo.value,
                           brought)));
    part.counts.deleted = static_cast<std::uint64_t>(TRY(db.changed("DELETE FROM " + brought)));
    return part;
}

} // namespace

Result<UndoOutcome> undo_submissions(Connection& db, Tables& tables, const Clock& clock, const UndoRequest& request,
                                     const Commit& commit) {
    auto transaction = TRY(Transaction::begin(db));
    commit_point("warehouse.undo-begun");
    const Version version(TRY(last_version(db)).value + 1);
    const Events events = TRY(Events::load(db));
    const UndoPlan plan = TRY(plan_undo(db, tables, events, request));

    UndoOutcome outcome;
    outcome.undone.assign(plan.targets.begin(), plan.targets.end());
    std::vector<VersionLine> lines;
    for (const std::string& dataset : plan.datasets) {
        const StoredTable& table = tables.at(dataset);
        std::vector<Flip> flips;
        for (const Flip& flip : plan.flips) {
            if (events.all()[flip.place].settled.contains(dataset)) flips.push_back(flip);
        }
        if (TRY(only_brought(db, table, flips))) {
            const Flip& flip = flips[0];
            outcome.parts.push_back(TRY(remove_brought(db, table, flip, version, request.id, request.sample_rows)));
            lines.push_back({dataset, request.id, "undo", outcome.parts.back().counts, outcome.undone, false});
            continue;
        }
        TRY(make_event_table(db, kFlips, flips));
        TRY(table.key.empty() ? compare_bags(db, table) : compare_keys(db, table));
        PartOutcome part;
        part.dataset = dataset;
        part.counts = TRY(count_changes(db, table));
        part.sample = TRY(sample(db, table, request.sample_rows));
        TRY(write(db, table, version, request.id));
        TRY(db.drop_temporary_tables());
        lines.push_back({dataset, request.id, "undo", part.counts, outcome.undone, false});
        outcome.parts.push_back(std::move(part));
    }
    outcome.models = TRY(refresh_models(db, tables, request.models, changed_by(lines), version, lines));
    TRY(write_versions(db, version, lines, request.by, clock));
    if (request.dry_run) return outcome;
    TRY(db.drop_temporary_tables());
    commit_point("warehouse.undo-written");
    TRY(commit(transaction));
    commit_point("warehouse.undo-committed");
    outcome.version = version;
    return outcome;
}

} // namespace inlet::duck
