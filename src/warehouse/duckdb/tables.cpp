// See tables.hpp.
#include "warehouse/duckdb/tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "contract/project_reader.hpp"
#include "warehouse/duckdb/names.hpp"
#include "warehouse/duckdb/row_feed.hpp"
#include "warehouse/duckdb/sql_names.hpp"

namespace inlet::duck {

namespace {

std::vector<StoredColumn> columns_of(const Schema& schema) {
    std::vector<StoredColumn> columns;
    for (const Field& field : schema.fields) columns.push_back({field.name, sql_type(field)});
    return columns;
}

std::vector<std::size_t> unique_of(const Schema& schema) {
    std::vector<std::size_t> unique;
    for (std::size_t i = 0; i < schema.fields.size(); i++) {
        const bool is_key = schema.primary_key.size() == 1 && schema.primary_key[0] == i;
        if (schema.fields[i].constraints.unique && !is_key) unique.push_back(i);
    }
    return unique;
}

Result<Schema> schema_of(const std::string& dataset, const std::string& definition) {
    auto schema = parse_schema(definition, "_inlet.contracts");
    if (!schema) {
        return fail(Error(FailureCode::warehouse_failed, "the stored contract cannot be read")
                        .with("dataset", dataset)
                        .caused_by(to_error(schema.error())));
    }
    return *std::move(schema);
}

std::string column_definitions(const std::vector<StoredColumn>& columns) {
    std::string out;
    for (const StoredColumn& column : columns) out += fmt::format("{} {}, ", quote_name(column.name), column.type);
    return out;
}

std::unexpected<Error> changed(const Dataset& dataset, std::string difference) {
    return fail(Error(FailureCode::contract_changed,
                      fmt::format("the contract of `{}` no longer fits its stored rows: {}", dataset.name, difference))
                    .with("dataset", dataset.name));
}

std::vector<std::string> names_of(const Schema& schema, const std::vector<std::size_t>& positions) {
    std::vector<std::string> names;
    for (const std::size_t i : positions) names.push_back(schema.fields[i].name);
    return names;
}

// Rows, live and past, that have no value in a field that the revisions with it hold.
Result<bool> lacks_values(Connection& connection, const StoredTable& table, const Field& field) {
    std::vector<std::string> sources{
        fmt::format("SELECT {} AS v FROM {}", quote_name(field.name), live_table(table.name))};
    for (const Revision& revision : table.revisions) {
        const bool has = std::any_of(revision.columns.begin(), revision.columns.end(),
                                     [&](const StoredColumn& c) { return c.name == field.name; });
        sources.push_back(fmt::format("SELECT {} FROM {}", has ? quote_name(field.name) : "NULL",
                                      history_table(table.name, revision.number)));
    }
    return TRY(connection.number(
               fmt::format("SELECT count(*) FROM ({}) WHERE v IS NULL", fmt::join(sources, " UNION ALL ")))) != 0;
}

Result<bool> has_rows(Connection& connection, const StoredTable& table) {
    std::vector<std::string> sources{fmt::format("SELECT 1 FROM {}", live_table(table.name))};
    for (const Revision& revision : table.revisions)
        sources.push_back(fmt::format("SELECT 1 FROM {}", history_table(table.name, revision.number)));
    return TRY(connection.number(fmt::format("SELECT count(*) FROM (SELECT 1 FROM ({}) LIMIT 1)",
                                             fmt::join(sources, " UNION ALL ")))) != 0;
}

// What stands in the way of the new contract, looking at the rows only where the definition alone does not tell.
Status check_fits(Connection& connection, const StoredTable& table, const Dataset& dataset) {
    const Schema& before = table.schema;
    const Schema& after = dataset.schema;
    if (names_of(before, before.primary_key) != names_of(after, after.primary_key))
        return changed(dataset, "the primary key is another");
    for (const Field& field : before.fields) {
        const auto position = after.find(field.name);
        if (!position) return changed(dataset, fmt::format("the field `{}` is gone", field.name));
        const Field& now = after.fields[*position];
        if (sql_type(field) != sql_type(now)) {
            return changed(dataset, fmt::format("the field `{}` was {} and is {}", field.name, to_string(field.type),
                                                to_string(now.type)));
        }
    }
    for (const Field& field : after.fields) {
        const auto position = before.find(field.name);
        if (field.constraints.required && !(position && before.fields[*position].constraints.required)) {
            if (!position) return changed(dataset, fmt::format("the new field `{}` is required", field.name));
            if (TRY(lacks_values(connection, table, field))) {
                return changed(dataset,
                               fmt::format("`{}` is required now, and stored rows have no value in it", field.name));
            }
        }
        if (field.constraints.unique && position && !before.fields[*position].constraints.unique) {
            if (TRY(connection.number(fmt::format("SELECT count({0}) - count(DISTINCT {0}) FROM {1}",
                                                  quote_name(field.name), live_table(table.name)))) != 0) {
                return changed(dataset,
                               fmt::format("`{}` is unique now, and stored rows repeat a value in it", field.name));
            }
        }
    }
    return {};
}

// Gives the live table the new columns, in the contract's order.
Status rebuild(Connection& connection, const StoredTable& table, const std::vector<StoredColumn>& columns) {
    std::string select;
    for (const StoredColumn& column : columns) {
        const auto& old = table.columns();
        const bool stood =
            std::any_of(old.begin(), old.end(), [&](const StoredColumn& c) { return c.name == column.name; });
        select += stood ? quote_name(column.name) : fmt::format("NULL::{}", column.type);
        select += ", ";
    }
    const std::string live = live_table(table.name);
    TRY(connection.run(fmt::format("CREATE TABLE main._rebuilt ({}_version BIGINT, _submission BIGINT)",
                                   column_definitions(columns))));
    TRY(connection.run(fmt::format("INSERT INTO main._rebuilt SELECT {}_version, _submission FROM {}", select, live)));
    TRY(connection.run(fmt::format("DROP TABLE {}", live)));
    return connection.run(fmt::format("ALTER TABLE main._rebuilt RENAME TO {}", quote_name(table.name)));
}

Status record_revision(Connection& connection, const std::string& name, const Revision& revision, bool model) {
    return connection.run(fmt::format("INSERT INTO _inlet.contracts VALUES ({}, {}, {}, {}, {})", quote_text(name),
                                      revision.number, revision.from.value, quote_text(revision.definition), model));
}

Status create_history(Connection& connection, const std::string& name, const Revision& revision) {
    return connection.run(
        fmt::format("CREATE TABLE {} ({}_version BIGINT, _submission BIGINT, _until BIGINT, _ended_by BIGINT)",
                    history_table(name, revision.number), column_definitions(revision.columns)));
}

Status define_one(Connection& connection, const Tables& tables, const Dataset& dataset, Version next) {
    const std::string definition = schema_json(dataset.schema);
    const auto found = tables.find(dataset.name);
    if (found == tables.end()) {
        for (const auto& [name, table] : tables) {
            if (folded(name) == folded(dataset.name))
                return changed(dataset, fmt::format("its name differs from `{}` by case only", name));
        }
        return create_tables(connection, dataset.name, Revision{1, next, definition, columns_of(dataset.schema)},
                             dataset.schema.primary_key, false);
    }
    const StoredTable& table = found->second;
    if (table.model) return changed(dataset, "there is a model of this name");
    if (table.current().definition == definition) return {};
    if (!TRY(has_rows(connection, table))) {
        TRY(drop_tables(connection, table));
        return create_tables(connection, dataset.name, Revision{1, next, definition, columns_of(dataset.schema)},
                             dataset.schema.primary_key, false);
    }
    TRY(check_fits(connection, table, dataset));
    const Revision revision{table.current().number + 1, next, definition, columns_of(dataset.schema)};
    TRY(record_revision(connection, dataset.name, revision, false));
    TRY(create_history(connection, dataset.name, revision));
    if (revision.columns != table.columns()) TRY(rebuild(connection, table, revision.columns));
    return {};
}

} // namespace

const Revision& StoredTable::at(Version version) const {
    const Revision* found = &revisions.front();
    for (const Revision& revision : revisions) {
        if (revision.from <= version) found = &revision;
    }
    return *found;
}

std::string column_list(const std::vector<StoredColumn>& columns, std::string_view prefix) {
    std::string out;
    for (const StoredColumn& column : columns) {
        if (!out.empty()) out += ", ";
        out += prefix;
        out += quote_name(column.name);
    }
    return out;
}

Status prepare_file(Connection& connection, bool read_only) {
    const bool made =
        TRY(connection.number("SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() "
                              "AND schema_name = '_inlet' AND table_name = 'format'")) != 0;
    if (made) {
        const std::int64_t version = TRY(connection.number("SELECT max(version) FROM _inlet.format"));
        if (version > kFormatVersion) {
            return fail(FailureCode::format_too_new,
                        fmt::format("the warehouse has format {}, and this program knows formats up to {}", version,
                                    kFormatVersion));
        }
        return {};
    }
    if (read_only)
        return fail(FailureCode::warehouse_failed, "the file holds no warehouse, and it is open for reading only");
    auto transaction = TRY(Transaction::begin(connection));
    TRY(connection.run("CREATE SCHEMA _inlet"));
    TRY(connection.run("CREATE TABLE _inlet.format (version BIGINT)"));
    TRY(connection.run(fmt::format("INSERT INTO _inlet.format VALUES ({})", kFormatVersion)));
    // `place` orders the lines of one version: submissions by their place in it, models after them.
    TRY(connection.run("CREATE TABLE _inlet.versions (number BIGINT, published_at TIMESTAMP, dataset VARCHAR, "
                       "submission BIGINT, kind VARCHAR, "
                       "inserted BIGINT, updated BIGINT, deleted BIGINT, \"by\" VARCHAR, undoes BIGINT[], settled "
                       "BOOLEAN, place BIGINT)"));
    TRY(connection.run("CREATE TABLE _inlet.contracts (dataset VARCHAR, revision BIGINT, from_version BIGINT, "
                       "definition JSON, model BOOLEAN)"));
    TRY(connection.run("CREATE TABLE _inlet.pruned (dataset VARCHAR, below BIGINT)"));
    return transaction.commit();
}

Result<Version> last_version(Connection& connection) {
    return Version(TRY(connection.number("SELECT max(number) FROM _inlet.versions")));
}

Result<Tables> load_tables(Connection& connection) {
    Tables tables;
    const Rows contracts =
        TRY(connection.rows("SELECT dataset, revision, from_version, definition::VARCHAR, model, definition->>'sql', "
                            "FROM _inlet.contracts ORDER BY dataset, revision"));
    for (const auto& row : contracts) {
        StoredTable& table = tables[row[0].text];
        table.name = row[0].text;
        table.model = row[4].number != 0;
        Revision revision{row[1].number, Version(row[2].number), row[3].text, {}};
        if (table.model) {
            table.sql = row[5].text;
        } else {
            table.schema = TRY(schema_of(table.name, revision.definition));
            table.key = table.schema.primary_key;
            table.unique = unique_of(table.schema);
            revision.columns = columns_of(table.schema);
        }
        table.revisions.push_back(std::move(revision));
    }
    const Rows columns = TRY(connection.rows(
        "SELECT dataset, revision, unnest(definition->>'$.columns[*].name'), unnest(definition->>'$.columns[*].type'), "
        "unnest((definition->'$.columns[*].key')::BOOLEAN[]) FROM _inlet.contracts WHERE model"));
    for (const auto& row : columns) {
        StoredTable& table = tables.at(row[0].text);
        Revision& revision = table.revisions.at(static_cast<std::size_t>(row[1].number) - 1);
        revision.columns.push_back({row[2].text, row[3].text});
        if (&revision == &table.revisions.back() && row[4].number != 0)
            table.key.push_back(revision.columns.size() - 1);
    }
    for (const auto& row : TRY(connection.rows("SELECT dataset, max(below) FROM _inlet.pruned GROUP BY dataset"))) {
        if (const auto found = tables.find(row[0].text); found != tables.end())
            found->second.pruned_below = Version(row[1].number);
    }
    return tables;
}

Status create_tables(Connection& connection, const std::string& name, const Revision& revision,
                     const std::vector<std::size_t>& key, bool model) {
    TRY(record_revision(connection, name, revision, model));
    TRY(connection.run(fmt::format("CREATE TABLE {} ({}_version BIGINT, _submission BIGINT)", live_table(name),
                                   column_definitions(revision.columns))));
    TRY(create_history(connection, name, revision));
    if (!model && !key.empty()) {
        std::vector<StoredColumn> columns;
        for (const std::size_t i : key) columns.push_back(revision.columns[i]);
        TRY(connection.run(fmt::format("CREATE TABLE {} ({}_version BIGINT, _submission BIGINT)", touches_table(name),
                                       column_definitions(columns))));
    }
    return {};
}

Status drop_tables(Connection& connection, const StoredTable& table) {
    TRY(connection.run("DROP TABLE " + live_table(table.name)));
    for (const Revision& revision : table.revisions)
        TRY(connection.run("DROP TABLE " + history_table(table.name, revision.number)));
    if (!table.model && !table.key.empty()) TRY(connection.run("DROP TABLE " + touches_table(table.name)));
    return connection.run(fmt::format("DELETE FROM _inlet.contracts WHERE dataset = {}", quote_text(table.name)));
}

Status define_datasets(Connection& connection, const Tables& tables, const std::vector<Dataset>& datasets) {
    const Version next(TRY(last_version(connection)).value + 1);
    for (const Dataset& dataset : datasets) TRY(define_one(connection, tables, dataset, next));
    return {};
}

} // namespace inlet::duck
