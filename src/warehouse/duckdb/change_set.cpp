// See change_set.hpp.
#include "warehouse/duckdb/change_set.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "warehouse/duckdb/names.hpp"
#include "warehouse/duckdb/reading.hpp"

namespace inlet::duck {

namespace {

// What a side of the comparison is called in a delta.
std::string renamed(const std::string& from, const std::vector<StoredColumn>& columns, char side, bool staged) {
    std::string out;
    for (std::size_t i = 0; i < columns.size(); i++) {
        out +=
            fmt::format(", {}.{} AS {}{}", from, staged ? fmt::format("c{}", i) : quote_name(columns[i].name), side, i);
    }
    return out;
}

std::string nothing(const std::vector<StoredColumn>& columns, char side) {
    std::string out;
    for (std::size_t i = 0; i < columns.size(); i++) out += fmt::format(", NULL::{} AS {}{}", columns[i].type, side, i);
    return out;
}

// A bag of rows without a key: the live rows that are more than the part has, and the part's that are more than stand.
// Of equal live rows the latest submission's go first.
Status compare_bags(Connection& db, ChangeSet& change) {
    const StoredTable& table = *change.table;
    const auto& columns = table.columns();
    const std::string staged = position_list("c", columns.size());
    std::string as_staged;
    std::string live_as_staged;
    std::string equal;
    for (std::size_t i = 0; i < columns.size(); i++) {
        as_staged += fmt::format("{} AS c{}, ", quote_name(columns[i].name), i);
        live_as_staged += fmt::format("l.{} AS c{}, ", quote_name(columns[i].name), i);
        equal +=
            fmt::format("{}l.{} IS NOT DISTINCT FROM g.c{}", i == 0 ? "" : " AND ", quote_name(columns[i].name), i);
    }
    const std::string groups = change.delta + "_groups";
    TRY(db.run(fmt::format("CREATE TEMP TABLE {} AS SELECT {}, sum(_more)::BIGINT AS _more FROM (SELECT {}, 1 AS _more "
                           "FROM {} UNION ALL SELECT {}-1 FROM {}) "
                           "GROUP BY {} HAVING sum(_more) <> 0",
                           groups, staged, staged, change.source(), as_staged, live_table(table.name), staged)));
    // The values written are those of the very rows that come or go: equal numbers may differ as -0 and 0 do.
    std::string sent_equal;
    for (std::size_t i = 0; i < columns.size(); i++)
        sent_equal += fmt::format("{}q.c{} IS NOT DISTINCT FROM g.c{}", i == 0 ? "" : " AND ", i, i);
    const std::string partition = position_list("g.c", columns.size());
    TRY(db.run(fmt::format("CREATE TEMP TABLE {0} AS SELECT {1}::TINYINT AS _kind, NULL::BIGINT AS _rid, NULL::UBIGINT "
                           "AS _order{2}{3}, NULL::BIGINT AS _over, "
                           "NULL::BIGINT AS _osub FROM (SELECT q.*, g._more, row_number() OVER (PARTITION BY {4} ORDER "
                           "BY q._order) AS _place "
                           "FROM {5} q JOIN {6} g ON {7} WHERE g._more > 0) s WHERE _place <= _more",
                           change.delta, static_cast<int>(DeltaKind::insert), renamed("s", columns, 'n', true),
                           nothing(columns, 'o'), partition, change.source(), groups, sent_equal)));
    TRY(db.run(fmt::format(
        "INSERT INTO {0} SELECT {1}, _rid, NULL{2}{3}, _over, _osub FROM (SELECT l.rowid AS _rid, l._version AS _over, "
        "l._submission AS _osub, "
        "g._more, {4}row_number() OVER (PARTITION BY {5} ORDER BY l._submission DESC, l._version DESC) AS _place "
        "FROM {6} l JOIN {7} g ON {8} WHERE g._more < 0) s WHERE _place <= -_more",
        change.delta, static_cast<int>(DeltaKind::remove), nothing(columns, 'n'), renamed("s", columns, 'o', true),
        live_as_staged, partition, live_table(table.name), groups, equal)));
    return db.run("DROP TABLE " + groups);
}

Status compare_keys(Connection& db, ChangeSet& change) {
    const StoredTable& table = *change.table;
    const auto& columns = table.columns();
    const bool removes =
        change.part->effect == Effect::replace ||
        (change.part->effect == Effect::sync && change.part->deletes.policy == DeletePolicy::Policy::missing);
    // Only what the judge may be asked about needs its record's place; without it the join holds less.
    const std::string order = table.unique.empty() ? "NULL::UBIGINT AS _order" : "s._order";
    const std::string no_record = fmt::format("s.c{} IS NULL", table.key.front());
    // A snapshot settles the dataset unless a guard says otherwise, and then needs no rows that stand as sent.
    change.same_kept = !removes;
    std::string kinds = fmt::format("CASE WHEN l.rowid IS NULL THEN {} ", static_cast<int>(DeltaKind::insert));
    if (removes) kinds += fmt::format("WHEN {} THEN {} ", no_record, static_cast<int>(DeltaKind::remove));
    kinds += fmt::format("WHEN {} THEN {} ELSE {} END", other_values(table), static_cast<int>(DeltaKind::update),
                         static_cast<int>(DeltaKind::same));
    const std::string only =
        removes ? fmt::format(" WHERE l.rowid IS NULL OR {} OR {}", no_record, other_values(table)) : "";
    return db.run(fmt::format("CREATE TEMP TABLE {} AS SELECT ({})::TINYINT AS _kind, l.rowid AS _rid, {}{}{}, "
                              "l._version AS _over, l._submission AS _osub "
                              "FROM {} s {} JOIN {} l ON {}{}",
                              change.delta, kinds, order, renamed("s", columns, 'n', true),
                              renamed("l", columns, 'o', false), change.source(), removes ? "FULL" : "LEFT",
                              live_table(table.name), same_key(table), only));
}

// Rows that go: those the part lacks, or those it names.
Status compare_removals(Connection& db, ChangeSet& change) {
    const StoredTable& table = *change.table;
    const std::string before =
        change.part->delete_before ? fmt::format(" WHERE l._version < {}", change.part->delete_before->value) : "";
    return db.run(fmt::format("CREATE TEMP TABLE {} AS SELECT {}::TINYINT AS _kind, l.rowid AS _rid, NULL::UBIGINT AS "
                              "_order{}{}, l._version AS _over, "
                              "l._submission AS _osub FROM {} l {} JOIN {} s ON {}{}",
                              change.delta, static_cast<int>(DeltaKind::remove), nothing(table.columns(), 'n'),
                              renamed("l", table.columns(), 'o', false), live_table(table.name),
                              change.part->effect == Effect::remove ? "SEMI" : "ANTI", change.source(), same_key(table),
                              before));
}

Status compare_partitions(Connection& db, ChangeSet& change) {
    const PublishPart& part = *change.part;
    const bool only_removals = part.effect == Effect::delete_missing;
    const bool removes = only_removals || part.effect == Effect::replace ||
                         (part.effect == Effect::sync && part.deletes.policy == DeletePolicy::Policy::missing);
    change.diff->begin_pass({.changes = !only_removals, .removals = removes, .same = false});
    const std::string before =
        only_removals && part.delete_before ? fmt::format(" WHERE _over < {}", part.delete_before->value) : "";
    auto compared =
        db.run(fmt::format("CREATE TEMP TABLE {} AS SELECT * FROM {}{}", change.delta, change.diff->sql(), before));
    if (!compared) return fail(change.blame(std::move(compared.error())));
    change.sent = change.diff->distinct();
    return {};
}

} // namespace

ChangedRow changed_row(const TextRow& row, std::size_t width) {
    CHECK(row.size() == 1 + 2 * width && row[0]);
    const auto kind = static_cast<DeltaKind>(std::stoi(*row[0]));
    const auto middle = row.begin() + 1 + static_cast<std::ptrdiff_t>(width);
    ChangedRow out;
    out.change = kind == DeltaKind::insert   ? Change::inserted
                 : kind == DeltaKind::update ? Change::updated
                                             : Change::deleted;
    if (kind != DeltaKind::insert) out.before.assign(row.begin() + 1, middle);
    if (kind != DeltaKind::remove) out.after.assign(middle, row.end());
    return out;
}

std::string position_list(std::string_view prefix, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; i++) out += fmt::format("{}{}{}", i == 0 ? "" : ", ", prefix, i);
    return out;
}

std::string position_list(std::string_view prefix, const std::vector<std::size_t>& positions) {
    std::string out;
    for (const std::size_t i : positions) out += fmt::format("{}{}{}", out.empty() ? "" : ", ", prefix, i);
    return out;
}

std::string same_key(const StoredTable& table) {
    std::string out;
    // A key field of a dataset always has a value; a model's key may lack one.
    const std::string_view equals = table.model ? "IS NOT DISTINCT FROM" : "=";
    for (const std::size_t i : table.key) {
        out +=
            fmt::format("{}s.c{} {} l.{}", out.empty() ? "" : " AND ", i, equals, quote_name(table.columns()[i].name));
    }
    return out;
}

std::string other_values(const StoredTable& table) {
    std::string out;
    for (std::size_t i = 0; i < table.columns().size(); i++) {
        if (std::find(table.key.begin(), table.key.end(), i) != table.key.end()) continue;
        out += fmt::format("{}s.c{} IS DISTINCT FROM l.{}", out.empty() ? "(" : " OR ", i,
                           quote_name(table.columns()[i].name));
    }
    return out.empty() ? "false" : out + ")";
}

Status stage_rows(Connection& db, ChangeSet& change, const std::string& name) {
    auto staged =
        db.changed(fmt::format("CREATE TEMP TABLE {} AS SELECT {}, {} FROM {}", name,
                               position_list("c", change.table->columns().size()), kOrderColumn, change.feed->sql()));
    if (!staged) return fail(change.blame(std::move(staged.error())));
    change.stage = name;
    change.sent = static_cast<std::uint64_t>(TRY(db.number("SELECT count(*) FROM " + name)));
    return {};
}

Status drop_repeats(Connection& db, ChangeSet& change) {
    const std::string key = position_list("c", change.table->key);
    const auto distinct = static_cast<std::uint64_t>(
        TRY(db.number(fmt::format("SELECT count(*) FROM (SELECT DISTINCT {} FROM {})", key, change.stage))));
    if (distinct == change.sent) return {};
    TRY(db.run(fmt::format("DELETE FROM {0} WHERE _order NOT IN (SELECT max(_order) FROM {0} GROUP BY {1})",
                           change.stage, key)));
    change.sent = distinct;
    return {};
}

Status compare(Connection& db, ChangeSet& change, const std::string& name) {
    change.delta = name;
    if (change.diff != nullptr) return compare_partitions(db, change);
    auto compared = only_removes(*change.part)  ? compare_removals(db, change)
                    : change.table->key.empty() ? compare_bags(db, change)
                                                : compare_keys(db, change);
    if (!compared) return fail(change.blame(std::move(compared.error())));
    return {};
}

Status count_delta(Connection& db, ChangeSet& change) {
    change.counts = {};
    for (const auto& row :
         TRY(db.rows(fmt::format("SELECT _kind::INTEGER, count(*) FROM {} GROUP BY _kind", change.delta)))) {
        const auto count = static_cast<std::uint64_t>(row[1].number);
        switch (static_cast<DeltaKind>(row[0].number)) {
        case DeltaKind::insert:
            change.counts.inserted = count;
            break;
        case DeltaKind::update:
            change.counts.updated = count;
            break;
        case DeltaKind::remove:
            change.counts.deleted = count;
            break;
        case DeltaKind::same:
        case DeltaKind::spared:
            break;
        }
    }
    if (!only_removes(*change.part)) {
        change.counts.unchanged = change.sent - change.left_out - change.counts.inserted - change.counts.updated;
    }
    return {};
}

Status apply(Connection& db, ChangeSet& change, Version version, SubmissionId submission) {
    const StoredTable& table = *change.table;
    const auto& columns = table.columns();
    const std::string live = live_table(table.name);
    const std::string by = fmt::format("{}, {}", version.value, submission.value);
    if (change.delta.empty()) {
        std::string rows =
            fmt::format("SELECT {}, {} FROM {}", position_list("c", columns.size()), by, change.source());
        if (change.diff != nullptr) {
            change.diff->begin_pass({.changes = true, .removals = false, .same = false});
            rows = fmt::format("SELECT {}, {} FROM {} WHERE _kind = {}", position_list("n", columns.size()), by,
                               change.diff->sql(), static_cast<int>(DeltaKind::insert));
        }
        auto inserted = db.changed(fmt::format("INSERT INTO {} {}", live, rows));
        if (!inserted) return fail(change.blame(std::move(inserted.error())));
        change.counts.inserted = static_cast<std::uint64_t>(*inserted);
        return {};
    }
    const std::string ended =
        fmt::format("_kind IN ({}, {})", static_cast<int>(DeltaKind::update), static_cast<int>(DeltaKind::remove));
    if (!table.key.empty() && !change.settles && !only_removes(*change.part)) {
        std::vector<StoredColumn> key;
        for (const std::size_t i : table.key) key.push_back(columns[i]);
        const std::string touches = touches_table(table.name);
        if (change.same_kept) {
            TRY(db.run(fmt::format("INSERT INTO {} SELECT {}, {} FROM {} WHERE _kind = {}", touches,
                                   position_list("n", table.key), by, change.delta,
                                   static_cast<int>(DeltaKind::same))));
        } else {
            std::string rows =
                fmt::format("SELECT {}, {} FROM {} s JOIN {} l ON {} WHERE NOT {}", position_list("s.c", table.key), by,
                            change.source(), live, same_key(table), other_values(table));
            if (change.diff != nullptr) {
                change.diff->begin_pass({.changes = false, .removals = false, .same = true});
                rows = fmt::format("SELECT {}, {} FROM {}", position_list("n", table.key), by, change.diff->sql());
            }
            auto touched = db.run(fmt::format("INSERT INTO {} {}", touches, rows));
            if (!touched) return fail(change.blame(std::move(touched.error())));
        }
    }
    if (change.counts.updated + change.counts.deleted != 0) {
        TRY(db.run(fmt::format("INSERT INTO {} SELECT {}, _over, _osub, {} FROM {} WHERE {}",
                               history_table(table.name, table.current().number), position_list("o", columns.size()),
                               by, change.delta, ended)));
        TRY(db.run(
            fmt::format("DELETE FROM {} WHERE rowid IN (SELECT _rid FROM {} WHERE {})", live, change.delta, ended)));
    }
    if (change.counts.inserted + change.counts.updated != 0) {
        TRY(db.run(fmt::format("INSERT INTO {} SELECT {}, {} FROM {} WHERE _kind IN ({}, {})", live,
                               position_list("n", columns.size()), by, change.delta,
                               static_cast<int>(DeltaKind::insert), static_cast<int>(DeltaKind::update))));
    }
    return {};
}

Result<std::vector<ChangedRow>> sample(Connection& db, const ChangeSet& change, Version version,
                                       SubmissionId submission, std::size_t limit) {
    std::vector<ChangedRow> changed;
    if (limit == 0) return changed;
    const auto& columns = change.table->columns();
    const std::size_t width = columns.size();
    std::string sql;
    if (change.delta.empty() && !change.stage.empty()) {
        sql = fmt::format("SELECT {}, {}, {} FROM {} {}", static_cast<int>(DeltaKind::insert),
                          position_list("c", width), position_list("c", width), change.stage, limit_rows(limit));
    } else if (change.delta.empty()) {
        sql = fmt::format("SELECT {}, {}, {} FROM {} WHERE _version = {} AND _submission = {} {}",
                          static_cast<int>(DeltaKind::insert), column_list(columns), column_list(columns),
                          live_table(change.table->name), version.value, submission.value, limit_rows(limit));
    } else {
        sql = fmt::format("SELECT _kind, {}, {} FROM {} WHERE _kind NOT IN ({}, {}) {}", position_list("o", width),
                          position_list("n", width), change.delta, static_cast<int>(DeltaKind::same),
                          static_cast<int>(DeltaKind::spared), limit_rows(limit));
    }
    TRY(each_row(db, sql, [&](TextRow&& row) -> Status {
        changed.push_back(changed_row(row, width));
        return {};
    }));
    return changed;
}

Status drop_tables(Connection& db, ChangeSet& change) {
    if (!change.stage.empty()) TRY(db.run("DROP TABLE " + change.stage));
    if (!change.delta.empty()) TRY(db.run("DROP TABLE " + change.delta));
    return {};
}

} // namespace inlet::duck
