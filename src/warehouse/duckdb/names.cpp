// See names.hpp.
#include "warehouse/duckdb/names.hpp"

#include <algorithm>
#include <limits>

namespace inlet::duck {

namespace {

std::string quoted(std::string_view text, char quote) {
    std::string out;
    out.reserve(text.size() + 2);
    out += quote;
    for (const char c : text) {
        if (c == quote) out += quote;
        out += c;
    }
    out += quote;
    return out;
}

} // namespace

std::string quote_name(std::string_view name) { return quoted(name, '"'); }

std::string quote_text(std::string_view text) { return quoted(text, '\''); }

std::string limit_rows(std::size_t rows) {
    constexpr std::size_t kMost = std::numeric_limits<std::int64_t>::max(); // DuckDB's LIMIT is signed
    return "LIMIT " + std::to_string(std::min(rows, kMost));
}

std::string live_table(std::string_view dataset) { return "main." + quote_name(dataset); }

std::string history_table(std::string_view dataset, std::int64_t revision) {
    std::string name = std::string(dataset) + "_history";
    if (revision > 1) name += "_" + std::to_string(revision);
    return "_inlet." + quote_name(name);
}

std::string touches_table(std::string_view dataset) {
    return "_inlet." + quote_name(std::string(dataset) + "_touches");
}

} // namespace inlet::duck
