// See user_query.hpp.
#include "warehouse/duckdb/user_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "warehouse/duckdb/names.hpp"
#include "warehouse/duckdb/parquet_file.hpp"
#include "warehouse/duckdb/reading.hpp"
#include "warehouse/duckdb/sql_names.hpp"

namespace inlet::duck {

namespace {

// DuckDB's words for a statement that reaches out or writes are query-not-read-only; all else it dislikes is the
// query's own fault.
Error query_error(Error error) {
    if (error.code != FailureCode::query_invalid && error.code != FailureCode::warehouse_failed) return error;
    const auto says = [&](std::string_view words) { return error.message.find(words) != std::string::npos; };
    if (says("Permission Error") || says("read-only mode") || says("is disabled by configuration") ||
        says("configuration has been locked")) {
        error.code = FailureCode::query_not_read_only;
    }
    return error;
}

// Refuses what is not one SELECT (or an EXPLAIN of one).
Status check_statement(Connection& db, const std::string& sql) {
    auto checked = check_select(db, sql, FailureCode::query_invalid);
    if (!checked) return fail(query_error(std::move(checked.error())));
    return {};
}

// Makes what the query names: datasets and models as of the version, and the project's views, as temporary views that
// come before the tables of the same name.
class Scene {
public:
    Scene(Connection& db, const Tables& tables, Version last, const std::vector<View>& views,
          std::optional<Version> as_of)
        : db_(db), tables_(tables), last_(last), views_(views), as_of_(as_of) {}

    Status prepare(const std::string& sql) {
        if (as_of_) {
            TRY(check_version(*as_of_, last_));
            catalog_ = TRY(db_.rows("SELECT current_database()"))[0][0].text;
        }
        const auto names = TRY(named_tables(db_, sql));
        if (names) TRY(need(*names));
        // Tables may also be named where a parse does not show it, as in query('...').
        for (const auto& [name, table] : tables_) {
            if (!as_of_ || !made_.insert(folded(name)).second) continue;
            const auto readable = check_as_of(table, *as_of_, last_);
            TRY(readable ? make_as_of(table) : make_failing(table, readable.error()));
        }
        if (names) return {};
        // Not a plain SELECT (EXPLAIN, say): every view that can be made is.
        for (const View& view : views_) {
            if (auto made = need({{"", "", view.name}}); !made && made.error().code != FailureCode::query_invalid)
                return made;
        }
        return {};
    }

private:
    Status need(const std::vector<NamedTable>& names) {
        for (const NamedTable& name : names) {
            if (!name.catalog.empty() && as_of_) {
                return fail(FailureCode::query_invalid, fmt::format("as of a version, `{0}.{1}.{2}` is written `{2}`",
                                                                    name.catalog, name.schema, name.table));
            }
            const std::string key = folded(name.table);
            if (!made_.insert(key).second) continue;
            const auto view =
                std::find_if(views_.begin(), views_.end(), [&](const View& v) { return folded(v.name) == key; });
            if (view != views_.end()) {
                TRY(make_view(*view));
            } else if (as_of_) {
                const auto table = std::find_if(tables_.begin(), tables_.end(),
                                                [&](const auto& entry) { return folded(entry.first) == key; });
                if (table != tables_.end()) TRY(make_as_of(table->second));
            }
        }
        return {};
    }

    Status make_view(const View& view) {
        if (const auto names = TRY(named_tables(db_, view.sql))) TRY(need(*names));
        auto made = db_.run(fmt::format("CREATE TEMP VIEW {} AS {}", quote_name(view.name), view.sql));
        if (!made) {
            Error error = query_error(std::move(made.error()));
            if (error.code == FailureCode::warehouse_failed) error.code = FailureCode::query_invalid;
            error.message = fmt::format("the view `{}` failed: {}", view.name, error.message);
            return fail(std::move(error));
        }
        return {};
    }

    Status make_as_of(const StoredTable& table) {
        TRY(check_as_of(table, *as_of_, last_));
        return db_.run(
            fmt::format("CREATE TEMP VIEW {} AS {}", quote_name(table.name), select_as_of(table, as_of_, catalog_)));
    }

    Status make_failing(const StoredTable& table, const Error& why) {
        return db_.run(
            fmt::format("CREATE TEMP VIEW {} AS SELECT error({})", quote_name(table.name), quote_text(to_string(why))));
    }

    Connection& db_;
    const Tables& tables_;
    const Version last_;
    const std::vector<View>& views_;
    const std::optional<Version> as_of_;
    std::string catalog_;
    std::set<std::string> made_;
};

} // namespace

Status run_query(Connection& db, const Tables& tables, Version last, const std::string& sql,
                 const std::vector<View>& views, std::optional<Version> as_of, ResultSink& sink) {
    TRY(Scene(db, tables, last, views, as_of).prepare(sql));
    TRY(check_statement(db, sql));
    auto reading = prepare_reading(db, sql, FailureCode::query_invalid);
    if (!reading) return fail(query_error(std::move(reading.error())));
    auto done = deliver(reading->statement.get(), reading->columns, FailureCode::query_invalid, sink);
    if (!done) return fail(query_error(std::move(done.error())));
    return {};
}

Status run_query_to_parquet(Connection& db, const Tables& tables, Version last, const std::string& sql,
                            const std::vector<View>& views, std::optional<Version> as_of, const std::string& path,
                            std::size_t memory_bytes_max) {
    TRY(Scene(db, tables, last, views, as_of).prepare(sql));
    TRY(check_statement(db, sql));
    auto done = write_parquet(db, sql, path, memory_bytes_max);
    if (!done) return fail(query_error(std::move(done.error())));
    return {};
}

} // namespace inlet::duck
