// `inlet load`: takes a delivery in and publishes it, or, with --dry-run, shows what would happen.
#include <fmt/format.h>

#include "app/act.hpp"
#include "app/change_view.hpp"
#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/delivery_errors.hpp"
#include "app/dry_run_view.hpp"
#include "app/figures.hpp"
#include "app/given_file.hpp"
#include "app/names.hpp"
#include "app/record_view.hpp"
#include "app/session.hpp"

namespace inlet {

namespace {

constexpr std::size_t kSampleRows = 10; // of a dry run, per part
constexpr std::size_t kHeldMax = 1000;  // held submissions among which those of this one are looked for

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
                        .again = again_,
                        .source = "command"};
    }

    Result<int> load(Session& session, const Delivery& delivery, GivenFile& given, Timestamp start) {
        Pipeline* pipeline = TRY(session.pipeline());
        session.interrupts().say("the file had not arrived whole, and is not loaded: load it again");
        auto receipt = pipeline->receive(delivery, given.bytes());
        const Act act{.action = "submission.deliver",
                      .object = delivery.target,
                      .submission = receipt ? receipt->id : SubmissionId()};
        const Received received = TRY(written_down(session, act, std::move(receipt)));
        session.interrupts().say(
            fmt::format("submission {0} is kept, and nothing half done is seen: load the same file again "
                        "to go on with it; `inlet show {0}` tells how far it is",
                        received.id.value));
        SubmissionRecord record = TRY(settle(session, *pipeline, received));
        session.progress().clear();
        std::vector<ModelOutcome> models;
        if (record.version && !received.duplicate) models = TRY(models_of(session, record.version));
        const std::vector<SubmissionRecord> waiting = TRY(held_deletions_of(session, record));
        const double seconds = session.seconds_since(start);
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            json.begin_object();
            write_outcome(json, record);
            if (received.duplicate) json.member("duplicate", true);
            if (!waiting.empty()) write_held_deletes(json, waiting);
            if (!models.empty()) write_models(json, models);
            json.member("seconds", seconds).end_object();
            TRY(console.print(json));
            return exit_code_for(record);
        }
        TRY(console.tell(received.duplicate ? duplicate_text(record, console.paint())
                                            : report(*pipeline, record, models, waiting, seconds, console.paint())));
        return exit_code_for(record);
    }

    static std::string report(Pipeline& pipeline, const SubmissionRecord& record,
                              const std::vector<ModelOutcome>& models, const std::vector<SubmissionRecord>& waiting,
                              double seconds, Paint paint) {
        std::string out;
        for (std::size_t i = 0; i < record.parts.size(); ++i) {
            out += part_text(record.parts[i], folded_errors(pipeline, record, i), paint);
        }
        out += models_text(models, paint);
        out += outcome_text(record, paint, seconds) + "\n" + way_out_text(record, paint);
        NextSteps steps = next_steps(record);
        for (const SubmissionRecord& held : waiting) {
            const auto id = held.id.value;
            steps.emplace_back(fmt::format("inlet show {} --changes", id), "the deletions that are held");
            steps.emplace_back(fmt::format("inlet approve {}", id), "make them");
            steps.emplace_back(fmt::format("inlet cancel {}", id), "leave those rows");
        }
        return out + next_steps_text(steps, paint);
    }

    static std::string duplicate_text(const SubmissionRecord& record, Paint paint) {
        return paint.yellow("the same bytes were delivered before") + ", and are " + outcome_text(record, paint) +
               "\n" + way_out_text(record, paint) +
               next_steps_text({{fmt::format("inlet show {}", record.id.value), "what became of them"},
                                {"inlet load ... --again", "load them once more"}},
                               paint);
    }

    static void write_held_deletes(JsonWriter& json, const std::vector<SubmissionRecord>& waiting) {
        json.key("held_deletes").begin_array();
        for (const SubmissionRecord& held : waiting) {
            for (const auto& [dataset, rows] : held.asked_deletes) {
                json.begin_object().member("submission", held.id.value).member("dataset", dataset).member("rows", rows);
                json.end_object();
            }
        }
        json.end_array();
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

    // Deletions that were split off this submission and wait for approval.
    static Result<std::vector<SubmissionRecord>> held_deletions_of(Session& session, const SubmissionRecord& record) {
        Catalog* catalog = TRY(session.catalog());
        std::vector<SubmissionRecord> held = TRY(catalog->list({.state = SubmissionState::held, .limit = kHeldMax}));
        std::erase_if(held, [&](const SubmissionRecord& other) { return other.parent != record.id; });
        return held;
    }

    Result<int> rehearse(Session& session, const Delivery& delivery, GivenFile& given, Timestamp start) {
        const std::string path = TRY(given.path_of_all(session));
        Pipeline* pipeline = TRY(session.pipeline());
        const Pipeline::DryRun outcome = TRY(pipeline->dry_run(delivery, path, kSampleRows));
        session.progress().clear();
        const Project* project = TRY(session.project());
        const double seconds = session.seconds_since(start);
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            json.begin_object().member("dry_run", true);
            write_dry_run(json, outcome, *project);
            json.member("seconds", seconds).end_object();
            TRY(console.print(json));
        } else {
            const std::string end = fmt::format(" ({}); nothing was changed\n", show_span(seconds));
            TRY(console.tell(dry_run_text(outcome, *project, console) + "dry run: would be " +
                             state_text(outcome, console.paint()) + end +
                             way_out_text(outcome.record, console.paint())));
        }
        return exit_code_for(outcome.record);
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
