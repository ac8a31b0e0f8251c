// Changed rows, for a person and as JSON. Floor 7; pure functions but for table_columns().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "app/paint.hpp"
#include "base/json_writer.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

// The columns of a dataset or model as stored, without Inlet's own.
Result<std::vector<ResultColumn>> table_columns(Warehouse& warehouse, std::string_view table);

// "+ id=7, name=x", "- ...", "~ id=7: name x -> y"; one line, at most `width` columns (0: no bound). `key`: the columns
// that name the row; empty: all of them.
std::string change_text(const ChangedRow& row, const std::vector<ResultColumn>& columns,
                        const std::vector<std::string>& key, Paint paint, std::size_t width);

// {"change":"updated","before":{column: value}|null,"after":{...}|null}, values as in the JSON of a query.
void write_change(JsonWriter& json, const ChangedRow& row, const std::vector<ResultColumn>& columns);

// Members "inserted","updated","deleted".
void write_change_counts(JsonWriter& json, const ChangeCounts& counts);

// {"model","inserted","updated","deleted"} for each, as member "models".
void write_models(JsonWriter& json, const std::vector<ModelOutcome>& models);
// A line for each model that changed.
std::string models_text(const std::vector<ModelOutcome>& models, Paint paint);

// The names of the columns that make the key of a dataset or model; empty: it has none.
std::vector<std::string> key_columns(const Project& project, std::string_view table);

} // namespace inlet
