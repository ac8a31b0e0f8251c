// See sql_names.hpp.
#include "warehouse/duckdb/sql_names.hpp"

#include <fmt/format.h>

#include "warehouse/duckdb/names.hpp"

namespace inlet::duck {

namespace {

struct ExtractedDeleter {
    void operator()(_duckdb_extracted_statements* statements) const { duckdb_destroy_extracted(&statements); }
};
using Extracted = std::unique_ptr<_duckdb_extracted_statements, ExtractedDeleter>;

} // namespace

Result<std::optional<std::vector<NamedTable>>> named_tables(Connection& db, const std::string& sql) {
    const Rows rows = TRY(db.rows(fmt::format(
        "WITH parsed AS (SELECT json_serialize_sql({}) AS j), "
        "nodes AS (SELECT t.value AS v FROM parsed, json_tree(parsed.j) t WHERE t.\"type\" = 'OBJECT') "
        "SELECT 'error' AS kind, '' AS catalog, '' AS schema, '' AS name FROM parsed WHERE (j->>'$.error') = 'true' "
        "UNION ALL SELECT DISTINCT 'table', v->>'$.catalog_name', v->>'$.schema_name', v->>'$.table_name' FROM nodes "
        "WHERE (v->>'$.type') = 'BASE_TABLE'",
        quote_text(sql))));
    std::vector<NamedTable> names;
    for (const auto& row : rows) {
        if (row[0].text == "error") return std::nullopt;
        names.push_back({row[1].text, row[2].text, row[3].text});
    }
    return names;
}

Status check_select(Connection& db, const std::string& sql, FailureCode invalid) {
    duckdb_extracted_statements raw = nullptr;
    const idx_t count = duckdb_extract_statements(db.handle(), sql.c_str(), &raw);
    const Extracted statements(raw);
    if (count == 0) {
        const char* message = duckdb_extract_statements_error(raw);
        return fail(invalid, message != nullptr ? message : "there is no statement");
    }
    if (count > 1) return fail(invalid, fmt::format("there are {} statements where one is expected", count));
    duckdb_prepared_statement prepared_raw = nullptr;
    const duckdb_state state = duckdb_prepare_extracted_statement(db.handle(), statements.get(), 0, &prepared_raw);
    const Prepared prepared(prepared_raw);
    if (state == DuckDBError) return fail(invalid, duckdb_prepare_error(prepared_raw));
    const duckdb_statement_type type = duckdb_prepared_statement_type(prepared_raw);
    if (type != DUCKDB_STATEMENT_TYPE_SELECT && type != DUCKDB_STATEMENT_TYPE_EXPLAIN) {
        return fail(FailureCode::query_not_read_only, "only SELECT is run; data changes by submissions alone");
    }
    if (duckdb_nparams(prepared_raw) != 0)
        return fail(invalid, "the statement has parameters, and there are no values for them");
    return {};
}

std::string folded(std::string_view name) {
    std::string out(name);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

} // namespace inlet::duck
