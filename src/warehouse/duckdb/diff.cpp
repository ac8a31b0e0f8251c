// See diff.hpp.
#include "warehouse/duckdb/diff.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "warehouse/duckdb/change_set.hpp"
#include "warehouse/duckdb/names.hpp"
#include "warehouse/duckdb/reading.hpp"

namespace inlet::duck {

namespace {

// The wanted columns as c0, c1 ...; those that a revision lacks hold nothing.
std::string columns_as(const std::vector<StoredColumn>& wanted, const Revision& has) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < wanted.size(); i++) {
        const bool there = std::find(has.columns.begin(), has.columns.end(), wanted[i]) != has.columns.end();
        out.push_back(
            fmt::format("{} AS c{}", there ? quote_name(wanted[i].name) : fmt::format("NULL::{}", wanted[i].type), i));
    }
    return fmt::format("{}", fmt::join(out, ", "));
}

// Rows that are seen at one of two versions only: `low` < `high`. Rows that stood at both are never looked at.
struct OneSided {
    std::string gone; // seen at low only
    std::string come; // seen at high only
};

OneSided one_sided(const StoredTable& table, const std::vector<StoredColumn>& wanted, Version low, Version high) {
    std::vector<std::string> gone;
    std::vector<std::string> come;
    come.push_back(fmt::format("SELECT {} FROM {} WHERE _version > {} AND _version <= {}",
                               columns_as(wanted, table.current()), live_table(table.name), low.value, high.value));
    for (const Revision& revision : table.revisions) {
        const std::string from =
            fmt::format("SELECT {} FROM {}", columns_as(wanted, revision), history_table(table.name, revision.number));
        gone.push_back(fmt::format("{} WHERE _version <= {} AND _until > {} AND _until <= {}", from, low.value,
                                   low.value, high.value));
        come.push_back(fmt::format("{} WHERE _version > {} AND _version <= {} AND _until > {}", from, low.value,
                                   high.value, high.value));
    }
    return {fmt::format("{}", fmt::join(gone, " UNION ALL ")), fmt::format("{}", fmt::join(come, " UNION ALL "))};
}

// _kind, b0, b1 ... (before), a0, a1 ... (after)
std::string keyed_diff(const StoredTable& table, const std::vector<StoredColumn>& wanted, const OneSided& rows) {
    std::vector<std::string> sides;
    std::vector<std::string> same;
    std::vector<std::string> other{"false"};
    for (std::size_t i = 0; i < wanted.size(); i++) {
        sides.push_back(fmt::format("g.c{0} AS b{0}, n.c{0} AS a{0}", i));
        if (std::find(table.key.begin(), table.key.end(), i) != table.key.end()) {
            same.push_back(fmt::format("g.c{0} = n.c{0}", i));
        } else {
            other.push_back(fmt::format("g.c{0} IS DISTINCT FROM n.c{0}", i));
        }
    }
    return fmt::format(
        "SELECT (CASE WHEN g._there IS NULL THEN {} WHEN n._there IS NULL THEN {} ELSE {} END)::TINYINT AS _kind, {} "
        "FROM (SELECT 1 AS _there, * FROM ({})) g FULL JOIN (SELECT 1 AS _there, * FROM ({})) n ON {} "
        "WHERE g._there IS NULL OR n._there IS NULL OR {}",
        static_cast<int>(DeltaKind::insert), static_cast<int>(DeltaKind::remove), static_cast<int>(DeltaKind::update),
        fmt::join(sides, ", "), rows.gone, rows.come, fmt::join(same, " AND "), fmt::join(other, " OR "));
}

std::string bag_diff(const std::vector<StoredColumn>& wanted, const OneSided& rows) {
    std::vector<std::string> before;
    std::vector<std::string> after;
    for (std::size_t i = 0; i < wanted.size(); i++) {
        before.push_back(fmt::format("CASE WHEN s._more < 0 THEN c{0} END AS b{0}", i));
        after.push_back(fmt::format("CASE WHEN s._more > 0 THEN c{0} END AS a{0}", i));
    }
    const std::string columns = position_list("c", wanted.size());
    return fmt::format("SELECT (CASE WHEN s._more > 0 THEN {} ELSE {} END)::TINYINT AS _kind, {}, {} FROM (SELECT {}, "
                       "sum(_one)::BIGINT AS _more "
                       "FROM (SELECT *, 1 AS _one FROM ({}) UNION ALL SELECT *, -1 FROM ({})) GROUP BY {} HAVING "
                       "sum(_one) <> 0) s, range(abs(s._more))",
                       static_cast<int>(DeltaKind::insert), static_cast<int>(DeltaKind::remove),
                       fmt::join(before, ", "), fmt::join(after, ", "), columns, rows.come, rows.gone, columns);
}

// A batch of keys as a source of rows.
class KeyRows final : public RowSource {
public:
    explicit KeyRows(const RecordBatch& keys) : keys_(keys) {}
    Result<std::unique_ptr<RowStream>> open() const override { return std::make_unique<Stream>(keys_); }
    std::uint64_t rows() const override { return keys_.rows - keys_.rejected_count; }

private:
    class Stream final : public RowStream {
    public:
        explicit Stream(const RecordBatch& keys) : keys_(keys) {}
        Result<bool> next(RecordBatch& batch) override {
            const std::scoped_lock lock(mutex_);
            if (std::exchange(done_, true)) return false;
            batch.rows = keys_.rows;
            batch.columns = keys_.columns; // texts are borrowed from the caller's batch, which outlives the statement
            batch.rejected = keys_.rejected;
            batch.rejected_count = keys_.rejected_count;
            return true;
        }

    private:
        const RecordBatch& keys_;
        std::mutex mutex_;
        bool done_ = false; // behind mutex_
    };
    const RecordBatch& keys_;
};

} // namespace

Result<DiffSummary> diff_versions(Connection& db, const StoredTable& table, Version a, Version b, std::size_t limit,
                                  const std::function<void(const ChangedRow&)>& each) {
    DiffSummary summary{table.name, {}};
    if (a == b) return summary;
    const bool forward = a < b;
    const std::vector<StoredColumn>& wanted = table.columns();
    OneSided rows = one_sided(table, wanted, std::min(a, b), std::max(a, b));
    if (!forward) std::swap(rows.gone, rows.come);
    const bool keyed = !table.key.empty();
    const std::string differences = keyed ? keyed_diff(table, wanted, rows) : bag_diff(wanted, rows);
    TRY(db.run(fmt::format("CREATE TEMP TABLE _diff AS {}", differences)));
    for (const auto& row : TRY(db.rows("SELECT _kind::BIGINT, count(*) FROM _diff GROUP BY _kind"))) {
        const auto count = static_cast<std::uint64_t>(row[1].number);
        switch (static_cast<DeltaKind>(row[0].number)) {
        case DeltaKind::insert:
            summary.counts.inserted = count;
            break;
        case DeltaKind::update:
            summary.counts.updated = count;
            break;
        case DeltaKind::remove:
            summary.counts.deleted = count;
            break;
        case DeltaKind::same:
        case DeltaKind::spared:
            break;
        }
    }
    if (limit == 0) return summary;

    const std::size_t width = wanted.size();
    std::vector<std::string> order{keyed ? "true" : "_kind"};
    for (const std::size_t i : table.key) order.push_back(fmt::format("coalesce(a{0}, b{0})", i));
    const std::string sql = fmt::format("SELECT _kind, {}, {} FROM _diff ORDER BY {} {}", position_list("b", width),
                                        position_list("a", width), fmt::join(order, ", "), limit_rows(limit));
    TRY(each_row(db, sql, [&](TextRow&& row) -> Status {
        each(changed_row(row, width));
        return {};
    }));
    return summary;
}

Status find_rows(Connection& db, FeedRegistry& feeds, const StoredTable& table, const RecordBatch& keys,
                 ResultSink& sink) {
    if (table.key.empty() || keys.columns.size() != table.key.size()) {
        return fail(FailureCode::bad_argument, fmt::format("the primary key of `{}` has {} fields, and {} were given",
                                                           table.name, table.key.size(), keys.columns.size()));
    }
    Schema schema;
    std::vector<std::string> same;
    for (std::size_t i = 0; i < table.key.size(); i++) {
        schema.fields.push_back(table.schema.fields[table.key[i]]);
        same.push_back(fmt::format("l.{} = k.c{}", quote_name(table.columns()[table.key[i]].name), i));
    }
    const FeedScope feed(feeds, db, schema, {std::make_shared<KeyRows>(keys)});
    const Reading reading = TRY(prepare_reading(
        db,
        fmt::format("SELECT {}, l._version, l._submission FROM {} l SEMI JOIN {} k ON {}",
                    column_list(table.columns(), "l."), live_table(table.name), feed.sql(), fmt::join(same, " AND ")),
        FailureCode::warehouse_failed));
    auto done = deliver(reading.statement.get(), reading.columns, FailureCode::warehouse_failed, sink);
    if (!done) return fail(feed.blame(std::move(done.error())));
    return {};
}

} // namespace inlet::duck
