// See reading.hpp.
#include "warehouse/duckdb/reading.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "records/scalars.hpp"
#include "warehouse/duckdb/names.hpp"

namespace inlet::duck {

namespace {

Result<Prepared> prepare(Connection& connection, const std::string& sql, FailureCode fallback) {
    duckdb_prepared_statement statement = nullptr;
    const duckdb_state state = duckdb_prepare(connection.handle(), sql.c_str(), &statement);
    Prepared prepared(statement);
    if (state == DuckDBError) {
        const char* message = duckdb_prepare_error(statement);
        return fail(to_error(DUCKDB_ERROR_INVALID,
                             message != nullptr ? message : "DuckDB could not prepare the statement", fallback));
    }
    return prepared;
}

class TextSink final : public ResultSink {
public:
    explicit TextSink(const std::function<Status(TextRow&&)>& row) : row_(row) {}
    Status begin(const std::vector<ResultColumn>&) override { return {}; }
    Status batch(const RecordBatch& rows) override {
        for (std::size_t r = 0; r < rows.rows; r++) {
            TextRow row;
            row.reserve(rows.columns.size());
            for (const Column& column : rows.columns) row.push_back(cell_text(column, r));
            TRY(row_(std::move(row)));
        }
        return {};
    }

private:
    const std::function<Status(TextRow&&)>& row_;
};

} // namespace

Result<Reading> prepare_reading(Connection& connection, const std::string& sql, FailureCode fallback) {
    Reading reading{TRY(prepare(connection, sql, fallback)), {}};
    const idx_t count = duckdb_prepared_statement_column_count(reading.statement.get());
    std::string names;
    std::string select;
    bool as_it_is = true;
    for (idx_t i = 0; i < count; i++) {
        const LogicalType type(duckdb_prepared_statement_column_logical_type(reading.statement.get(), i));
        const Delivery delivery = delivery_of(type.get());
        const char* name = duckdb_prepared_statement_column_name(reading.statement.get(), i);
        reading.columns.push_back({name != nullptr ? name : "", delivery.kind});
        duckdb_free(const_cast<char*>(name));
        const std::string position = fmt::format("c{}", i);
        names += fmt::format("{}{}", i == 0 ? "" : ", ", position);
        select += fmt::format("{}{}", i == 0 ? "" : ", ",
                              delivery.cast != nullptr ? fmt::format(fmt::runtime(delivery.cast), position) : position);
        as_it_is = as_it_is && delivery.cast == nullptr;
    }
    if (!as_it_is) {
        // query() parses the text as a statement of its own, so that comments and semicolons at its end do no harm.
        reading.statement = TRY(prepare(
            connection, fmt::format("SELECT {} FROM query({}) AS q({})", select, quote_text(sql), names), fallback));
    }
    return reading;
}

std::optional<std::string> cell_text(const Column& column, std::size_t row) {
    if (!column.present.test(row)) return std::nullopt;
    return value_text(column, row);
}

Status each_row(Connection& connection, const std::string& sql, const std::function<Status(TextRow&&)>& row) {
    const Reading reading = TRY(prepare_reading(connection, sql, FailureCode::warehouse_failed));
    TextSink sink(row);
    return deliver(reading.statement.get(), reading.columns, FailureCode::warehouse_failed, sink);
}

namespace {

bool has_columns(const Revision& revision, const Revision& wanted) {
    return std::all_of(wanted.columns.begin(), wanted.columns.end(), [&](const StoredColumn& column) {
        return std::find(revision.columns.begin(), revision.columns.end(), column) != revision.columns.end();
    });
}

} // namespace

std::string select_as_of(const StoredTable& table, std::optional<Version> version, const std::string& catalog) {
    const std::string prefix = catalog.empty() ? "" : quote_name(catalog) + ".";
    const Revision& revision = version ? table.at(*version) : table.current();
    const std::string columns = column_list(revision.columns);
    const std::string select = fmt::format("SELECT {}, _version, _submission FROM {}", columns, prefix);
    if (!version) return select + live_table(table.name);
    std::vector<std::string> sources;
    if (has_columns(table.current(), revision)) {
        sources.push_back(fmt::format("{}{} WHERE _version <= {}", select, live_table(table.name), version->value));
    }
    for (const Revision& other : table.revisions) {
        // Rows superseded before the revision began are not seen under it; where a later one lacks its columns, all
        // rows were written anew then.
        if (other.number < revision.number || !has_columns(other, revision)) continue;
        sources.push_back(fmt::format("{}{} WHERE _version <= {} AND _until > {}", select,
                                      history_table(table.name, other.number), version->value, version->value));
    }
    return fmt::format("{}", fmt::join(sources, " UNION ALL "));
}

Status check_version(Version version, Version last) {
    if (version > last || version.value < 0) {
        return fail(FailureCode::unknown_version,
                    fmt::format("there is no version {}; the last one is {}", version.value, last.value));
    }
    return {};
}

Status check_as_of(const StoredTable& table, Version version, Version last) {
    TRY(check_version(version, last));
    if (version < table.pruned_below) {
        return fail(
            Error(FailureCode::version_pruned,
                  fmt::format(fmt::runtime(table.model ? "the model `{}` is kept in its present form from version {} on"
                                                       : "the history of `{}` below version {} was pruned"),
                              table.name, table.pruned_below.value))
                .with("dataset", table.name));
    }
    return {};
}

} // namespace inlet::duck
