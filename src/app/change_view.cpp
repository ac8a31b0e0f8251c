// Rendering of changes.
#include "app/change_view.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "app/display_text.hpp"
#include "app/record_view.hpp"
#include "app/result_writers.hpp"
#include "app/text_table.hpp"

namespace inlet {

namespace {

using Values = std::vector<std::optional<std::string>>;

// Takes the columns, then stops the read.
class OwnColumns final : public ResultSink {
public:
    Status begin(const std::vector<ResultColumn>& columns) override {
        for (const ResultColumn& column : columns) {
            if (!column.name.starts_with('_')) own.push_back(column);
        }
        begun = true;
        return fail(FailureCode::cancelled, "the columns are enough");
    }
    Status batch(const RecordBatch&) override { return {}; }

    std::vector<ResultColumn> own;
    bool begun = false;
};

std::string_view change_name(Change change) {
    switch (change) {
    case Change::inserted:
        return "inserted";
    case Change::updated:
        return "updated";
    case Change::deleted:
        return "deleted";
    }
    CHECK(false);
}

std::string column_name(const std::vector<ResultColumn>& columns, std::size_t i) {
    return i < columns.size() ? columns[i].name : fmt::format("column {}", i + 1);
}

// "a=1, b=NULL" of the columns named, or of all.
std::string pairs(const Values& values, const std::vector<ResultColumn>& columns,
                  const std::vector<std::string>& only) {
    std::string out;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::string name = column_name(columns, i);
        if (!only.empty() && std::ranges::find(only, name) == only.end()) continue;
        out += fmt::format("{}{}={}", out.empty() ? "" : ", ", printable(name), shown_cell(values[i], true));
    }
    return out;
}

// As the JSON of a query has it.
void write_value(JsonWriter& json, const std::string& text, ResultKind kind) {
    switch (kind) {
    case ResultKind::boolean:
    case ResultKind::json:
        json.raw(text);
        return;
    case ResultKind::int64:
    case ResultKind::float64:
    case ResultKind::numeric:
        if (is_json_number(text))
            json.raw(text);
        else
            json.null(); // not finite
        return;
    default:
        json.value(text);
    }
}

void write_values(JsonWriter& json, const Values& values, const std::vector<ResultColumn>& columns) {
    if (values.empty()) {
        json.null();
        return;
    }
    json.begin_object();
    for (std::size_t i = 0; i < values.size(); ++i) {
        json.key(column_name(columns, i));
        if (values[i])
            write_value(json, *values[i], i < columns.size() ? columns[i].kind : ResultKind::text);
        else
            json.null();
    }
    json.end_object();
}

} // namespace

Result<std::vector<ResultColumn>> table_columns(Warehouse& warehouse, std::string_view table) {
    OwnColumns sink;
    const Status status = warehouse.read(table, std::nullopt, sink);
    if (!sink.begun)
        return fail(status ? Error(FailureCode::internal, "the warehouse did not name its columns") : status.error());
    return std::move(sink.own);
}

std::string change_text(const ChangedRow& row, const std::vector<ResultColumn>& columns,
                        const std::vector<std::string>& key, Paint paint, std::size_t width) {
    const auto fitted = [&](std::string text) { return width > 2 ? cut_to_width(text, width - 2) : text; };
    switch (row.change) {
    case Change::inserted:
        return paint.green("+ " + fitted(pairs(row.after, columns, {})));
    case Change::deleted:
        return paint.red("- " + fitted(pairs(row.before, columns, {})));
    case Change::updated:
        break;
    }
    std::string text = pairs(row.after, columns, key) + ":";
    for (std::size_t i = 0; i < std::min(row.before.size(), row.after.size()); ++i) {
        if (row.before[i] == row.after[i]) continue;
        text += fmt::format("{} {} {} -> {}", text.ends_with(':') ? "" : ",", printable(column_name(columns, i)),
                            shown_cell(row.before[i], true), shown_cell(row.after[i], true));
    }
    return paint.yellow("~ " + fitted(std::move(text)));
}

void write_change(JsonWriter& json, const ChangedRow& row, const std::vector<ResultColumn>& columns) {
    json.begin_object().member("change", change_name(row.change)).key("before");
    write_values(json, row.before, columns);
    json.key("after");
    write_values(json, row.after, columns);
    json.end_object();
}

void write_change_counts(JsonWriter& json, const ChangeCounts& counts) {
    json.member("inserted", counts.inserted).member("updated", counts.updated).member("deleted", counts.deleted);
}

void write_models(JsonWriter& json, const std::vector<ModelOutcome>& models) {
    json.key("models").begin_array();
    for (const ModelOutcome& model : models) {
        json.begin_object().member("model", model.model);
        write_change_counts(json, model.counts);
        json.end_object();
    }
    json.end_array();
}

std::string models_text(const std::vector<ModelOutcome>& models, Paint paint) {
    std::string out;
    for (const ModelOutcome& model : models) {
        ChangeCounts changed = model.counts;
        changed.unchanged = 0;
        if (changed == ChangeCounts{}) continue;
        out += fmt::format("  {} {}: {}\n", paint.dim("model"), model.model, counts_text(changed));
    }
    return out;
}

std::vector<std::string> key_columns(const Project& project, std::string_view table) {
    if (const Model* model = project.model(table)) return model->primary_key;
    std::vector<std::string> names;
    if (const Dataset* dataset = project.dataset(table)) {
        for (const std::size_t position : dataset->schema.primary_key)
            names.push_back(dataset->schema.fields[position].name);
    }
    return names;
}

} // namespace inlet
