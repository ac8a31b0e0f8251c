// See erasing.hpp.
#include "warehouse/duckdb/erasing.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/commit_point.hpp"
#include "warehouse/duckdb/events.hpp"
#include "warehouse/duckdb/models.hpp"
#include "warehouse/duckdb/names.hpp"
#include "warehouse/duckdb/prune.hpp"
#include "warehouse/duckdb/undo_conflicts.hpp"

namespace inlet::duck {

namespace {

constexpr const char* kGone = "_erased_keys"; // temporary table: keys of rows that go, as k0, k1 ...

const StoredColumn* find_column(const std::vector<StoredColumn>& columns, const std::string& name) {
    const auto found = std::ranges::find(columns, name, &StoredColumn::name);
    return found == columns.end() ? nullptr : &*found;
}

// Whether a row is to go, as SQL over columns of these names; "false" where none can.
std::string condition_on(const EraseRequest& request, const std::vector<StoredColumn>& columns) {
    if (request.brought_by) return fmt::format("_submission = {}", request.brought_by.value);
    std::vector<std::string> all;
    for (const FieldValue& item : request.where) {
        const StoredColumn* column = find_column(columns, item.field);
        if (column == nullptr) return "false";
        // JSON is held as it was sent, and is compared so.
        all.push_back(column->type == "JSON"
                          ? fmt::format("{}::VARCHAR = {}", quote_name(column->name), quote_text(item.value))
                          : fmt::format("{} = TRY_CAST({} AS {})", quote_name(column->name), quote_text(item.value),
                                        column->type));
    }
    return fmt::format("{}", fmt::join(all, " AND "));
}

// Touches of keys that no row has any more: the keys are values of the records that go.
class GoneKeys {
public:
    GoneKeys(Connection& db, const StoredTable& table) : db_(db), table_(table) {}

    Status note(const std::string& condition) {
        if (table_.key.empty()) return {};
        return db_.run(fmt::format("CREATE OR REPLACE TEMP TABLE {} AS SELECT DISTINCT {} FROM (SELECT {}, "
                                   "_submission FROM {} UNION ALL SELECT {}, _submission FROM ({})) WHERE {}",
                                   kGone, keys("", " AS k"), columns(), live_table(table_.name), columns(),
                                   past_rows(table_), condition));
    }

    Status forget_touches() {
        if (table_.key.empty()) return {};
        const std::string same = match("t", "g.k");
        return db_.run(fmt::format(
            "DELETE FROM {} t WHERE EXISTS (SELECT 1 FROM {} g WHERE {}) AND NOT EXISTS (SELECT 1 FROM {} l WHERE {}) "
            "AND NOT EXISTS (SELECT 1 FROM ({}) h WHERE {})",
            touches_table(table_.name), kGone, same, live_table(table_.name), equal("t", "l"), past_rows(table_),
            equal("t", "h")));
    }

private:
    std::string columns() const { return column_list(table_.columns()); }
    std::string name(std::size_t i) const { return quote_name(table_.columns()[table_.key[i]].name); }

    std::string keys(std::string_view prefix, std::string_view as) const {
        std::vector<std::string> out;
        for (std::size_t i = 0; i < table_.key.size(); i++)
            out.push_back(fmt::format("{}{}{}{}", prefix, name(i), as, i));
        return fmt::format("{}", fmt::join(out, ", "));
    }
    std::string match(std::string_view left, std::string_view right) const {
        std::vector<std::string> out;
        for (std::size_t i = 0; i < table_.key.size(); i++)
            out.push_back(fmt::format("{}.{} = {}{}", left, name(i), right, i));
        return fmt::format("{}", fmt::join(out, " AND "));
    }
    std::string equal(std::string_view left, std::string_view right) const {
        std::vector<std::string> out;
        for (std::size_t i = 0; i < table_.key.size(); i++)
            out.push_back(fmt::format("{}.{} = {}.{}", left, name(i), right, name(i)));
        return fmt::format("{}", fmt::join(out, " AND "));
    }

    Connection& db_;
    const StoredTable& table_;
};

Result<ErasedRows> erase_in(Connection& db, const StoredTable& table, const EraseRequest& request) {
    const std::string condition = condition_on(request, table.columns());
    GoneKeys gone(db, table);
    TRY(gone.note(condition));
    ErasedRows erased;
    erased.dataset = table.name;
    erased.live = static_cast<std::uint64_t>(
        TRY(db.changed(fmt::format("DELETE FROM {} WHERE {}", live_table(table.name), condition))));
    for (const Revision& revision : table.revisions) {
        erased.history += static_cast<std::uint64_t>(
            TRY(db.changed(fmt::format("DELETE FROM {} WHERE {}", history_table(table.name, revision.number),
                                       condition_on(request, revision.columns)))));
    }
    TRY(gone.forget_touches());
    if (request.brought_by && !table.key.empty()) {
        TRY(db.run(
            fmt::format("DELETE FROM {} WHERE _submission = {}", touches_table(table.name), request.brought_by.value)));
    }
    TRY(db.drop_temporary_tables());
    return erased;
}

// The tables in which something may go.
Result<std::set<std::string>> datasets_of(const Tables& tables, const Events& events, const EraseRequest& request) {
    if (request.brought_by) {
        const Event* event = events.find(request.brought_by);
        if (event == nullptr || event->undo) {
            return fail(FailureCode::bad_argument,
                        fmt::format("submission {} brought nothing that could be purged", request.brought_by.value));
        }
        std::set<std::string> names;
        for (const auto& [dataset, settled] : event->settled) names.insert(dataset);
        return names;
    }
    const auto found = tables.find(request.dataset);
    if (found == tables.end())
        return fail(FailureCode::unknown_dataset, fmt::format("there is no dataset `{}`", request.dataset));
    if (found->second.model)
        return fail(FailureCode::unknown_dataset, fmt::format("`{}` is a model, not a dataset", request.dataset));
    if (request.where.empty()) return fail(FailureCode::bad_argument, "an erasure needs at least one value to go by");
    for (const FieldValue& item : request.where) {
        if (find_column(found->second.columns(), item.field) != nullptr) continue;
        return fail(FailureCode::bad_argument, fmt::format("`{}` has no field `{}`", request.dataset, item.field));
    }
    return std::set<std::string>{request.dataset};
}

} // namespace

Result<EraseOutcome> erase_rows(Connection& db, Tables& tables, const Clock& clock, const EraseRequest& request,
                                const Commit& commit) {
    auto transaction = TRY(Transaction::begin(db));
    commit_point("warehouse.erase-begun");
    if (TRY(db.number(fmt::format("SELECT count(*) FROM _inlet.versions WHERE submission = {}", request.id.value))) !=
            0 &&
        request.id) {
        return fail(FailureCode::already_published,
                    fmt::format("submission {} is published already", request.id.value));
    }
    const Version version(TRY(last_version(db)).value + 1);
    const Events events = TRY(Events::load(db));
    EraseOutcome outcome;
    std::vector<VersionLine> lines;
    for (const std::string& dataset : TRY(datasets_of(tables, events, request))) {
        outcome.parts.push_back(TRY(erase_in(db, tables.at(dataset), request)));
        VersionLine line;
        line.dataset = dataset;
        line.submission = request.id;
        line.kind = request.brought_by ? "purge" : "erase";
        line.counts.deleted = outcome.parts.back().live;
        if (request.brought_by) line.undoes = {request.brought_by};
        lines.push_back(std::move(line));
    }
    outcome.models = TRY(refresh_models(db, tables, request.models, changed_by(lines), version, lines));
    TRY(write_versions(db, version, lines, request.by, clock));
    for (const Model& model : request.models) {
        if (const auto found = tables.find(model.name); found != tables.end() && found->second.model)
            TRY(prune_table(db, found->second, version));
    }
    if (request.dry_run) return outcome;
    commit_point("warehouse.erase-written");
    TRY(commit(transaction));
    commit_point("warehouse.erase-committed");
    outcome.version = version;
    return outcome;
}

Result<std::vector<RowFlow>> count_row_flows(Connection& db, const StoredTable& table) {
    std::vector<std::string> sources{
        fmt::format("SELECT _version AS v, 1 AS came, 0 AS went FROM {}", live_table(table.name))};
    for (const Revision& revision : table.revisions) {
        const std::string history = history_table(table.name, revision.number);
        sources.push_back(fmt::format("SELECT _version, 1, 0 FROM {} WHERE _until <> _version", history));
        sources.push_back(fmt::format("SELECT _until, 0, 1 FROM {} WHERE _until <> _version", history));
    }
    std::vector<RowFlow> flows;
    for (const auto& row :
         TRY(db.rows(fmt::format("SELECT v, sum(came)::BIGINT, sum(went)::BIGINT FROM ({}) GROUP BY v ORDER BY v",
                                 fmt::join(sources, " UNION ALL "))))) {
        flows.push_back({.version = Version(row[0].number),
                         .came = static_cast<std::uint64_t>(row[1].number),
                         .went = static_cast<std::uint64_t>(row[2].number)});
    }
    return flows;
}

} // namespace inlet::duck
