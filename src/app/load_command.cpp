// `inlet load`: takes a delivery in and publishes it, or, with --dry-run, shows what would happen.
#include <cmath>

#include <fmt/format.h>

#include "app/change_view.hpp"
#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/delivery_errors.hpp"
#include "app/figures.hpp"
#include "app/given_file.hpp"
#include "app/names.hpp"
#include "app/record_view.hpp"
#include "app/session.hpp"

namespace inlet {

namespace {

constexpr std::size_t kSampleRows = 10; // of a dry run, per part

int exit_code_for(const SubmissionRecord& record) {
    if (record.state == SubmissionState::published) return kDone;
    const auto code = failure_from_code(record.reason_code);
    return record.state == SubmissionState::failed && code ? exit_code_of(*code) : kNotPassed;
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

std::string models_text(const std::vector<ModelOutcome>& models) {
    std::string out;
    for (const ModelOutcome& model : models) {
        if (model.counts.inserted + model.counts.updated + model.counts.deleted == 0) continue;
        ChangeCounts changed = model.counts;
        changed.unchanged = 0;
        out += fmt::format("  model {}: {}\n", model.model, counts_text(changed));
    }
    return out;
}

double rounded(double seconds) { return std::round(seconds * 1000) / 1000; }

class LoadCommand final : public Command {
public:
    CommandText text() const override {
        return {
            .name = "load",
            .group = "Loading",
            .summary = "take a file in, check it, and publish what is good as one version",
            .description = "Keeps the file as it came, checks every record, and publishes what passes as one version: "
                           "all parts of a zip and all models "
                           "together, or nothing. What the datasets' policies do not let through is rejected or held "
                           "for approval.\n\n"
                           "Without --dataset and --package the file's name decides: the package whose pattern it "
                           "matches, else the dataset of that name "
                           "(ratings.csv goes to ratings), else the only dataset. The same bytes are not loaded twice, "
                           "unless --again is given.\n\n"
                           "Exit codes: 0 published, 1 rejected or held. Ctrl-C leaves nothing half done: what was "
                           "received is taken up by the next load.",
            .examples = {{"inlet load ratings.csv", "into the dataset `ratings`"},
                         {"inlet load data.zip", "a package: several files as one delivery"},
                         {"inlet load new.csv --dataset ratings --dry-run", "what would change, publishing nothing"},
                         {"inlet load ratings.csv --json | jq .version", "for a program"}}};
    }

    std::vector<Argument> arguments() override {
        return {
            {.names = "FILE",
             .help = "the file; `-` for standard input",
             .into = &file_,
             .completes = Completes::files,
             .required = true},
            {.names = "--dataset",
             .value = "NAME",
             .help = "load into this dataset",
             .into = &dataset_,
             .completes = Completes::datasets},
            {.names = "--package",
             .value = "NAME",
             .help = "load as this package",
             .into = &package_,
             .completes = Completes::packages},
            {.names = "--again", .help = "even if the same bytes are published already", .into = &again_},
            {.names = "--dry-run",
             .help = "check, and show what would change; publish and keep nothing",
             .into = &dry_run_},
        };
    }

    Result<int> run(Session& session) override {
        if (!dataset_.empty() && !package_.empty()) return usage_error("--dataset and --package exclude each other");
        const Timestamp start = session.clock().now();
        const auto given = TRY(GivenFile::open(session, file_));
        const Delivery delivery = TRY(make_delivery(session, *given));
        return dry_run_ ? rehearse(session, delivery, *given, start) : load(session, delivery, *given, start);
    }

private:
    Result<Delivery> make_delivery(Session& session, const GivenFile& given) {
        const Project* project = TRY(session.project());
        FileTarget target;
        if (!dataset_.empty())
            target.dataset = TRY(find_dataset(*project, dataset_));
        else if (!package_.empty())
            target.package = TRY(find_package(*project, package_));
        else
            target = TRY(target_for(*project, given.name()));
        return Delivery{.target = target.package != nullptr ? target.package->name : target.dataset->name,
                        .target_is_package = target.package != nullptr,
                        .file_name = given.name(),
                        .by = session.user(),
                        .bytes = given.size().value_or(0),
                        .again = again_};
    }

    static double seconds_since(Session& session, Timestamp start) {
        return static_cast<double>(session.clock().now() - start) / 1e6;
    }

    Result<int> load(Session& session, const Delivery& delivery, GivenFile& given, Timestamp start) {
        Pipeline* pipeline = TRY(session.pipeline());
        const Received received = TRY(pipeline->receive(delivery, given.bytes()));
        SubmissionRecord record = TRY(settle(session, *pipeline, received));
        session.progress().clear();
        std::vector<ModelOutcome> models;
        if (record.version && !received.duplicate) models = TRY(models_of(session, record.version));
        const SubmissionId waiting = TRY(held_deletions_of(session, record));
        const double seconds = seconds_since(session, start);
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            json.begin_object();
            write_outcome(json, record);
            if (received.duplicate) json.member("duplicate", true);
            if (waiting) {
                std::uint64_t rows = 0;
                for (const PartRecord& part : record.parts) rows += part.held_deletes;
                json.key("held_deletes")
                    .begin_object()
                    .member("submission", waiting.value)
                    .member("rows", rows)
                    .end_object();
            }
            if (!models.empty()) write_models(json, models);
            json.member("seconds", rounded(seconds)).end_object();
            TRY(console.print(json));
            return exit_code_for(record);
        }
        std::string out;
        const Paint paint = console.paint();
        for (std::size_t i = 0; i < record.parts.size(); ++i) {
            out += part_text(record.parts[i], folded_errors(*pipeline, record, i), paint);
        }
        out += models_text(models);
        if (received.duplicate)
            out += paint.yellow("the same bytes were loaded before; --again loads them once more") + "\n";
        out += outcome_text(record, paint) + fmt::format(" in {}\n", show_span(seconds));
        NextSteps steps = next_steps(record);
        if (waiting) {
            steps.emplace_back(fmt::format("inlet approve {}", waiting.value), "make the deletions that are held");
            steps.emplace_back(fmt::format("inlet cancel {}", waiting.value), "leave those rows");
        }
        TRY(console.tell(out + next_steps_text(steps, paint)));
        return exit_code_for(record);
    }

    // A delivery that was there before is only worked on if it still waits for that.
    static Result<SubmissionRecord> settle(Session& session, Pipeline& pipeline, const Received& received) {
        Catalog* catalog = TRY(session.catalog());
        SubmissionRecord record = TRY(catalog->get(received.id));
        if (is_end(record.state) || record.state == SubmissionState::held) return record;
        return pipeline.run(received.id);
    }

    static Result<std::vector<ModelOutcome>> models_of(Session& session, Version version) {
        Warehouse* warehouse = TRY(session.reading());
        std::vector<ModelOutcome> models;
        const Project* project = TRY(session.project());
        const std::size_t lines = project->datasets.size() + project->models.size() + 100;
        const std::vector<VersionEntry> entries = TRY(warehouse->versions("", lines));
        for (const VersionEntry& entry : entries) {
            if (entry.number == version && entry.kind == "model") models.push_back({entry.dataset, entry.counts});
        }
        return models;
    }

    // The submission of deletions that were split off this one and wait for approval; 0: there is none.
    static Result<SubmissionId> held_deletions_of(Session& session, const SubmissionRecord& record) {
        Catalog* catalog = TRY(session.catalog());
        const std::vector<SubmissionRecord> held = TRY(catalog->list({.state = SubmissionState::held, .limit = 1000}));
        for (const SubmissionRecord& other : held) {
            if (other.parent == record.id && record.id) return other.id;
        }
        return SubmissionId{};
    }

    Result<int> rehearse(Session& session, const Delivery& delivery, GivenFile& given, Timestamp start) {
        const std::string path = TRY(given.path_of_all(session));
        Pipeline* pipeline = TRY(session.pipeline());
        const Pipeline::DryRun outcome = TRY(pipeline->dry_run(delivery, path, kSampleRows));
        session.progress().clear();
        const Project* project = TRY(session.project());
        const double seconds = seconds_since(session, start);
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            json.begin_object().member("dry_run", true);
            write_outcome(json, outcome.record);
            write_samples(json, outcome, *project);
            write_models(json, outcome.models);
            json.member("seconds", rounded(seconds)).end_object();
            TRY(console.print(json));
            return exit_code_for(outcome.record);
        }
        const Paint paint = console.paint();
        std::string out;
        for (std::size_t i = 0; i < outcome.record.parts.size(); ++i) {
            std::vector<std::string> errors;
            if (i < outcome.reports.size()) errors = fold(outcome.reports[i].violations, outcome.reports[i].counts);
            out += part_text(outcome.record.parts[i], errors, paint);
            if (i < outcome.outcomes.size()) out += sample_text(outcome.outcomes[i], *project, console);
        }
        out += models_text(outcome.models);
        out += "dry run: would be " + painted_state(outcome.record.state, paint);
        if (!outcome.record.reason.empty()) out += ": " + outcome.record.reason;
        TRY(console.tell(out + fmt::format(" ({}); nothing was changed\n", show_span(seconds))));
        return exit_code_for(outcome.record);
    }

    static std::vector<std::string> field_names(const Project& project, const std::string& dataset) {
        std::vector<std::string> names;
        if (const Dataset* found = project.dataset(dataset)) {
            for (const Field& field : found->schema.fields) names.push_back(field.name);
        }
        return names;
    }

    static void write_samples(JsonWriter& json, const Pipeline::DryRun& outcome, const Project& project) {
        json.key("changes").begin_array();
        for (const PartOutcome& part : outcome.outcomes) {
            const std::vector<std::string> columns = field_names(project, part.dataset);
            json.begin_object().member("dataset", part.dataset);
            write_change_counts(json, part.counts);
            json.key("sample").begin_array();
            for (const ChangedRow& row : part.sample) write_change(json, row, columns);
            json.end_array().end_object();
        }
        json.end_array();
    }

    static std::string sample_text(const PartOutcome& part, const Project& project, const Console& console) {
        const std::vector<std::string> columns = field_names(project, part.dataset);
        const std::vector<std::string> key = key_columns(project, part.dataset);
        const std::size_t width = console.terminal().out ? console.terminal().width : 0;
        std::string out;
        for (const ChangedRow& row : part.sample) {
            out += "    " + change_text(row, columns, key, console.paint(), width > 4 ? width - 4 : 0) + "\n";
        }
        const std::uint64_t all = part.counts.inserted + part.counts.updated + part.counts.deleted;
        if (all > part.sample.size() && !part.sample.empty())
            out += fmt::format("    and {} more\n", show_count(all - part.sample.size()));
        return out;
    }

    std::string file_;
    std::string dataset_;
    std::string package_;
    bool again_ = false;
    bool dry_run_ = false;
};

} // namespace

void add_load_command(Commands& commands) { commands.push_back(std::make_unique<LoadCommand>()); }

} // namespace inlet
