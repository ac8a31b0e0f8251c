// Rendering of rehearsals.
#include "app/dry_run_view.hpp"

#include <utility>

#include <fmt/format.h>

#include "app/change_view.hpp"
#include "app/display_text.hpp"
#include "app/figures.hpp"
#include "app/record_view.hpp"

namespace inlet {

namespace {

constexpr std::size_t kIndent = 4;

ResultKind kind_of(const Field& field) {
    switch (field.type) {
    case FieldType::integer:
        return ResultKind::int64;
    case FieldType::number:
        return ResultKind::float64;
    case FieldType::boolean:
        return ResultKind::boolean;
    case FieldType::date:
        return ResultKind::date;
    case FieldType::time:
        return ResultKind::time;
    case FieldType::datetime:
        return ResultKind::timestamp;
    case FieldType::object:
    case FieldType::array:
        return ResultKind::json;
    case FieldType::string:
    case FieldType::any:
        return ResultKind::text;
    }
    std::unreachable();
}

std::vector<ResultColumn> field_columns(const Project& project, const std::string& dataset) {
    std::vector<ResultColumn> columns;
    if (const Dataset* found = project.dataset(dataset)) {
        for (const Field& field : found->schema.fields) columns.push_back({field.name, kind_of(field)});
    }
    return columns;
}

std::string sample_text(const PartOutcome& part, const Project& project, const Console& console) {
    const std::vector<ResultColumn> columns = field_columns(project, part.dataset);
    const std::vector<std::string> key = key_columns(project, part.dataset);
    const std::size_t width = console.terminal().out ? console.terminal().width - kIndent : 0;
    std::string out;
    for (const ChangedRow& row : part.sample) {
        out += std::string(kIndent, ' ') + change_text(row, columns, key, console.paint(), width) + "\n";
    }
    const std::uint64_t all = part.counts.inserted + part.counts.updated + part.counts.deleted;
    if (all > part.sample.size() && !part.sample.empty()) {
        out += fmt::format("    and {} more\n", show_count(all - part.sample.size()));
    }
    return out;
}

} // namespace

std::string dry_run_text(const Pipeline::DryRun& run, const Project& project, const Console& console) {
    std::string out;
    for (std::size_t i = 0; i < run.record.parts.size(); ++i) {
        std::vector<std::string> errors;
        if (i < run.reports.size()) errors = fold(run.reports[i].violations, run.reports[i].counts, kReportLines);
        out += part_text(run.record.parts[i], errors, console.paint());
        if (i < run.outcomes.size()) out += sample_text(run.outcomes[i], project, console);
    }
    return out + models_text(run.models, console.paint());
}

std::string state_text(const Pipeline::DryRun& run, Paint paint) {
    std::string out = painted_state(run.record.state, paint);
    return run.record.reason.empty() ? out : out + ": " + printable(run.record.reason);
}

void write_dry_run(JsonWriter& json, const Pipeline::DryRun& run, const Project& project) {
    write_outcome(json, run.record);
    json.key("changes").begin_array();
    for (const PartOutcome& part : run.outcomes) {
        const std::vector<ResultColumn> columns = field_columns(project, part.dataset);
        json.begin_object().member("dataset", part.dataset);
        write_change_counts(json, part.counts);
        json.key("sample").begin_array();
        for (const ChangedRow& row : part.sample) write_change(json, row, columns);
        json.end_array().end_object();
    }
    json.end_array();
    write_models(json, run.models);
}

} // namespace inlet
