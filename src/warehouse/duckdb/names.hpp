// SQL text for names and values: how datasets, their history and their columns are called in DuckDB. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace inlet::duck {

std::string quote_name(std::string_view name); // "a""b"
std::string quote_text(std::string_view text); // 'it''s'

// "LIMIT 10", for any number.
std::string limit_rows(std::size_t rows);

// The tables of a dataset or model, as SQL. Revisions count from 1.
std::string live_table(std::string_view dataset);
std::string history_table(std::string_view dataset, std::int64_t revision);
std::string touches_table(std::string_view dataset);

} // namespace inlet::duck
