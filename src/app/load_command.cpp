// `inlet load`: takes a delivery in and publishes it, or, with --dry-run, shows what would happen.
#include <fmt/format.h>

#include "app/change_view.hpp"
#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/deliveries.hpp"
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

    Reach reach() const override { return Reach::server; }

    Result<int> run(Session& session) override {
        if (!dataset_.empty() && !package_.empty()) return usage_error("--dataset and --package exclude each other");
        const Timestamp start = session.clock().now();
        const auto given = TRY(GivenFile::open(session, file_));
        Deliveries* deliveries = TRY(session.deliveries(Use::change));
        const Target target = TRY(choose_target(*deliveries, *given));
        return dry_run_ ? rehearse(session, *deliveries, target, *given, start)
                        : load(session, *deliveries, target, *given, start);
    }

private:
    Result<Target> choose_target(Deliveries& deliveries, const GivenFile& given) {
        if (!dataset_.empty()) return Target{dataset_};
        if (!package_.empty()) return Target{package_, true};
        const Targets targets = TRY(deliveries.targets());
        return target_for(targets, given.name());
    }

    Result<int> load(Session& session, Deliveries& deliveries, const Target& target, GivenFile& given,
                     Timestamp start) {
        const Loaded loaded = TRY(deliveries.load(target, again_, given));
        session.progress().clear();
        const SubmissionRecord& record = loaded.record;
        if (loaded.hidden) return tell_hidden(session, record.id);
        const std::vector<SubmissionRecord> waiting = TRY(held_deletions_of(deliveries, record));
        const double seconds = session.seconds_since(start);
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            json.begin_object();
            write_outcome(json, record);
            if (loaded.duplicate) json.member("duplicate", true);
            if (!waiting.empty()) write_held_deletes(json, waiting);
            if (!loaded.models.empty()) write_models(json, loaded.models);
            json.member("seconds", seconds).end_object();
            TRY(console.print(json));
            return exit_code_for(record);
        }
        TRY(console.tell(loaded.duplicate ? duplicate_text(record, console.paint())
                                          : report(deliveries, loaded, waiting, seconds, console.paint())));
        return exit_code_for(record);
    }

    // Somebody else's delivery of the same bytes: nothing more is to be known of it.
    static Result<int> tell_hidden(Session& session, SubmissionId id) {
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            json.begin_object().member("submission", id.value).member("duplicate", true).end_object();
            TRY(console.print(json));
        } else {
            TRY(console.tell(
                fmt::format("the same bytes were delivered before, by somebody else (submission {})\n", id.value)));
        }
        return kDone;
    }

    static std::string report(Deliveries& deliveries, const Loaded& loaded,
                              const std::vector<SubmissionRecord>& waiting, double seconds, Paint paint) {
        const SubmissionRecord& record = loaded.record;
        std::string out;
        for (std::size_t i = 0; i < record.parts.size(); ++i) {
            out += part_text(record.parts[i], folded_errors(deliveries, record, i), paint);
        }
        out += models_text(loaded.models, paint);
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

    // Deletions that were split off this submission and wait for approval.
    static Result<std::vector<SubmissionRecord>> held_deletions_of(Deliveries& deliveries,
                                                                   const SubmissionRecord& record) {
        std::vector<SubmissionRecord> held = TRY(deliveries.list({.state = SubmissionState::held, .limit = kHeldMax}));
        std::erase_if(held, [&](const SubmissionRecord& other) { return other.parent != record.id; });
        return held;
    }

    static Result<int> rehearse(Session& session, Deliveries& deliveries, const Target& target, GivenFile& given,
                                Timestamp start) {
        const Pipeline::DryRun outcome = TRY(deliveries.rehearse(target, given, kSampleRows));
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
