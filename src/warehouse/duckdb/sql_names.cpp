// See sql_names.hpp.
#include "warehouse/duckdb/sql_names.hpp"

#include <fmt/format.h>

#include "warehouse/duckdb/names.hpp"

namespace inlet::duck {

Result<std::optional<std::vector<NamedTable>>> named_tables(Connection& db, const std::string& sql) {
    const Rows rows = TRY(db.rows(fmt::format(
        "WITH parsed AS (SELECT json_serialize_sql({}) AS j), "
        "nodes AS (SELECT t.value AS v FROM parsed, json_tree(parsed.j) t WHERE t.\"type\" = 'OBJECT') "
        "SELECT 'error' AS kind, '' AS catalog, '' AS schema, '' AS name FROM parsed WHERE (j->>'$.error') = 'true' "
        "UNION ALL SELECT DISTINCT 'table', v->>'$.catalog_name', v->>'$.schema_name', v->>'$.table_name' FROM nodes WHERE (v->>'$.type') = 'BASE_TABLE'",
        quote_text(sql))));
    std::vector<NamedTable> names;
    for (const auto& row : rows) {
        if (row[0].text == "error") return std::nullopt;
        names.push_back({row[1].text, row[2].text, row[3].text});
    }
    return names;
}

std::string folded(std::string_view name) {
    std::string out(name);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

} // namespace inlet::duck
