// See models.hpp.
#include "warehouse/duckdb/models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json_writer.hpp"
#include "warehouse/duckdb/change_set.hpp"
#include "warehouse/duckdb/names.hpp"
#include "warehouse/duckdb/sql_names.hpp"

namespace inlet::duck {

namespace {

constexpr const char* kResult = "_model_result"; // temporary table: what the model's SQL gives
constexpr const char* kStage = "_model_stage";   // temporary view of it with columns c0, c1 ... and _order

Error model_error(const Model& model, const std::string& why) {
    return Error(FailureCode::model_failed, fmt::format("the model `{}` failed: {}", model.name, why))
        .with("model", model.name);
}

std::string definition_of(const Model& model, const std::vector<StoredColumn>& columns,
                          const std::vector<std::size_t>& key) {
    JsonWriter json;
    json.begin_object().member("sql", model.sql).key("columns").begin_array();
    for (std::size_t i = 0; i < columns.size(); i++) {
        const bool in_key = std::find(key.begin(), key.end(), i) != key.end();
        json.begin_object()
            .member("name", columns[i].name)
            .member("type", columns[i].type)
            .member("key", in_key)
            .end_object();
    }
    return json.end_array().end_object().take();
}

Result<bool> must_refresh(Connection& db, const Tables& tables, const Model& model,
                          const std::set<std::string>& changed) {
    const auto stored = tables.find(model.name);
    if (stored == tables.end() || stored->second.sql != model.sql) return true;
    std::vector<std::string> key;
    for (const std::size_t i : stored->second.key) key.push_back(stored->second.columns()[i].name);
    if (!std::is_permutation(key.begin(), key.end(), model.primary_key.begin(), model.primary_key.end())) return true;
    const auto names = TRY(named_tables(db, model.sql));
    if (!names) return true;
    return std::any_of(names->begin(), names->end(),
                       [&](const NamedTable& name) { return changed.contains(folded(name.table)); });
}

// Runs the model's SQL and says which columns came.
Result<std::vector<StoredColumn>> compute(Connection& db, const Model& model) {
    if (auto checked = check_select(db, model.sql, FailureCode::model_failed); !checked)
        return fail(model_error(model, checked.error().message));
    auto made = db.run(fmt::format("CREATE TEMP TABLE {} AS {}", kResult, model.sql));
    if (!made) {
        if (made.error().code != FailureCode::warehouse_failed || is_fatal(made.error()))
            return fail(std::move(made.error()));
        return fail(model_error(model, made.error().message));
    }
    std::vector<StoredColumn> columns;
    for (const auto& row : TRY(db.rows(fmt::format(
             "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = '{}' ORDER BY column_index",
             kResult)))) {
        if (row[0].text.starts_with('_')) {
            return fail(model_error(
                model, fmt::format("its result has a column `{0}`, and names that begin with `_` are reserved; "
                                   "write SELECT * EXCLUDE (_version, _submission)",
                                   row[0].text)));
        }
        columns.push_back({row[0].text, row[1].text});
    }
    return columns;
}

Result<std::vector<std::size_t>> key_of(const Model& model, const std::vector<StoredColumn>& columns) {
    std::vector<std::size_t> key;
    for (const std::string& name : model.primary_key) {
        const auto at = std::find_if(columns.begin(), columns.end(),
                                     [&](const StoredColumn& column) { return column.name == name; });
        if (at == columns.end())
            return fail(model_error(model, fmt::format("its key `{}` is no column of its result", name)));
        key.push_back(static_cast<std::size_t>(at - columns.begin()));
    }
    std::sort(key.begin(), key.end());
    return key;
}

// Gives the model a table for these columns; what stood before under other columns is gone.
Status shape(Connection& db, Tables& tables, const Model& model, const std::vector<StoredColumn>& columns,
             const std::vector<std::size_t>& key, Version version) {
    const auto stored = tables.find(model.name);
    if (stored != tables.end() && !stored->second.model) {
        return fail(FailureCode::bad_argument,
                    fmt::format("`{}` is a dataset; a model needs another name", model.name));
    }
    const Revision revision{1, version, definition_of(model, columns, key), columns};
    if (stored != tables.end() && stored->second.columns() == columns) {
        StoredTable& table = stored->second;
        if (table.current().definition == revision.definition) return {};
        TRY(db.run(fmt::format("UPDATE _inlet.contracts SET definition = {} WHERE dataset = {}",
                               quote_text(revision.definition), quote_text(model.name))));
        table.sql = model.sql;
        table.key = key;
        table.revisions.back().definition = revision.definition;
        return {};
    }
    if (stored != tables.end()) TRY(drop_tables(db, stored->second));
    TRY(create_tables(db, model.name, revision, key, true));
    StoredTable table;
    table.name = model.name;
    table.model = true;
    // Before the first version there was nothing, and nothing is what a model of it held.
    if (stored != tables.end() || version > Version(1)) {
        TRY(db.run(fmt::format("INSERT INTO _inlet.pruned VALUES ({}, {})", quote_text(model.name), version.value)));
        table.pruned_below = version;
    }
    table.revisions = {revision};
    table.sql = model.sql;
    table.key = key;
    tables[model.name] = std::move(table);
    return {};
}

Result<ChangeCounts> write_differences(Connection& db, const Model& model, const StoredTable& table, Version version) {
    std::string select;
    for (std::size_t i = 0; i < table.columns().size(); i++)
        select += fmt::format("{} AS c{}, ", quote_name(table.columns()[i].name), i);
    TRY(db.run(fmt::format("CREATE TEMP VIEW {} AS SELECT {}0::UBIGINT AS {} FROM {}", kStage, select, kOrderColumn,
                           kResult)));
    PublishPart part;
    part.dataset = model.name;
    part.effect = Effect::replace;
    ChangeSet change;
    change.table = &table;
    change.part = &part;
    change.settles = true;
    change.stage = kStage;
    change.sent = static_cast<std::uint64_t>(TRY(db.number(fmt::format("SELECT count(*) FROM {}", kStage))));
    if (!table.key.empty()) {
        const auto distinct = TRY(db.number(
            fmt::format("SELECT count(*) FROM (SELECT DISTINCT {} FROM {})", position_list("c", table.key), kStage)));
        if (static_cast<std::uint64_t>(distinct) != change.sent)
            return fail(model_error(model, "two rows of its result have the same primary key"));
    }
    TRY(compare(db, change, "_model_delta"));
    TRY(count_delta(db, change));
    TRY(apply(db, change, version, SubmissionId(0)));
    TRY(db.run("DROP TABLE _model_delta"));
    TRY(db.run(fmt::format("DROP VIEW {}", kStage)));
    change.counts.unchanged = 0;
    return change.counts;
}

} // namespace

Result<std::vector<ModelOutcome>> refresh_models(Connection& db, Tables& tables, const std::vector<Model>& models,
                                                 std::set<std::string> changed, Version version,
                                                 std::vector<VersionLine>& lines) {
    std::vector<ModelOutcome> outcomes;
    for (const Model& model : models) {
        outcomes.push_back({model.name, {}});
        if (!TRY(must_refresh(db, tables, model, changed))) continue;
        const std::vector<StoredColumn> columns = TRY(compute(db, model));
        const std::vector<std::size_t> key = TRY(key_of(model, columns));
        TRY(shape(db, tables, model, columns, key, version));
        const ChangeCounts counts = TRY(write_differences(db, model, tables.at(model.name), version));
        TRY(db.run(fmt::format("DROP TABLE {}", kResult)));
        if (counts == ChangeCounts{}) continue;
        outcomes.back().counts = counts;
        changed.insert(folded(model.name));
        lines.push_back({model.name, SubmissionId(0), "model", counts, {}, false});
    }
    return outcomes;
}

std::set<std::string> changed_by(const std::vector<VersionLine>& lines) {
    std::set<std::string> changed;
    for (const VersionLine& line : lines) {
        if (line.counts.inserted + line.counts.updated + line.counts.deleted != 0) changed.insert(folded(line.dataset));
    }
    return changed;
}

} // namespace inlet::duck
