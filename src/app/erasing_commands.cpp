// `inlet purge`, `erase`: removing for good.
#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/display_text.hpp"
#include "app/figures.hpp"
#include "app/session.hpp"
#include "base/json_writer.hpp"
#include "pipeline/keeping_json.hpp"

namespace inlet {

namespace {

Status confirmed(bool yes, bool dry_run) {
    if (yes || dry_run) return {};
    return usage_error("this cannot be undone: look with --dry-run at what would go, then say --yes");
}

Result<FieldValue> read_condition(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        return usage_error(fmt::format("`{}` is no condition; FIELD=VALUE is expected", text));
    return FieldValue{.field = text.substr(0, equals), .value = text.substr(equals + 1)};
}

Status print_erased(Console& console, const Pipeline::Erased& erased, bool dry_run) {
    std::uint64_t live = 0;
    std::uint64_t history = 0;
    for (const ErasedRows& rows : erased.outcome.parts) {
        live += rows.live;
        history += rows.history;
    }
    if (console.json()) {
        JsonWriter json;
        write_erased(json, erased, dry_run);
        return console.print(json);
    }
    std::string text =
        fmt::format("{}: {}, {} of history, {} in kept deliveries ({}), {}\n", dry_run ? "would go" : "gone",
                    show_count(live, "row"), show_count(history, "row"), show_count(erased.records, "record"),
                    show_count(erased.deliveries), show_count(erased.reports, "report"));
    if (!dry_run && erased.outcome.version) {
        text += fmt::format("as version {} (submission {}); backups made before still hold them\n",
                            erased.outcome.version.value, erased.record.id.value);
    }
    return console.tell(text);
}

class PurgeCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "purge",
                .group = "Keeping",
                .summary = "remove at once what retention would keep longer, or all that a submission brought",
                .description =
                    "With a submission: its rows, live and past, its delivery, errors and rejects go, as a version of "
                    "its own; it can be neither undone nor run again. What its rows had replaced does not come back: "
                    "for that, undo it first. Without one: raw deliveries, errors, rejects and history of a dataset "
                    "(or of all) go; live rows stay.",
                .examples = {{"inlet purge --submission 7 --dry-run", "what would go"},
                             {"inlet purge --submission 7 --yes", "everything that submission 7 brought"},
                             {"inlet purge --dataset ratings --yes", "all that is kept beside the live rows"}}};
    }

    std::vector<Argument> arguments() override {
        return {
            {.names = "--submission", .value = "ID", .help = "what this submission brought", .into = &id_, .least = 1},
            {.names = "--dataset",
             .value = "NAME",
             .help = "only what is kept of this dataset",
             .into = &dataset_,
             .completes = Completes::datasets},
            {.names = "--dry-run", .help = "show what would go; remove nothing", .into = &dry_run_},
            {.names = "--yes", .help = "it is meant", .into = &yes_}};
    }

    Result<int> run(Session& session) override {
        if (id_ && !dataset_.empty()) return usage_error("--submission and --dataset exclude each other");
        TRY(confirmed(yes_, dry_run_));
        Pipeline* pipeline = TRY(session.pipeline());
        session.interrupts().say("what was begun is finished by the next command that changes data");
        if (id_) {
            const auto erased = TRY(pipeline->purge(SubmissionId(*id_), dry_run_, session.user()));
            session.progress().clear();
            TRY(print_erased(session.console(), erased, dry_run_));
            return kDone;
        }
        const Pipeline::Pruned purged = TRY(pipeline->purge_kept(dataset_, dry_run_));
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            write_pruned(json, purged, dry_run_);
            TRY(console.print(json));
            return kDone;
        }
        TRY(console.tell(fmt::format("{}: raw deliveries {}, rejects of {}, {} of history; {} ({})\n",
                                     dry_run_ ? "would go" : "gone", show_count(purged.raw),
                                     show_count(purged.rejects, "submission"), show_count(purged.history_rows, "row"),
                                     show_count(purged.objects, "file"), show_bytes(purged.bytes))));
        return kDone;
    }

private:
    std::optional<std::int64_t> id_;
    std::string dataset_;
    bool dry_run_ = false;
    bool yes_ = false;
};

class EraseCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "erase",
                .group = "Keeping",
                .summary = "remove the records that hold a value, wherever they are kept",
                .description =
                    "Removes them from live rows and history, from kept deliveries (which are written anew without "
                    "them), error lists and rejects, recomputes the models and writes the files of the warehouse anew. "
                    "No undo and no reading of an older version finds them again. An erasure that was cut off goes on "
                    "with the next command that changes data. Deliveries that are archives cannot be written anew: "
                    "they are "
                    "named, and nothing is done, unless --drop-unreadable removes them whole. Backups made before hold "
                    "the records still.",
                .examples = {{"inlet erase customers --where email=anna@example.org --dry-run", "how much would go"},
                             {"inlet erase customers --where email=anna@example.org --yes", "remove it"}}};
    }

    std::vector<Argument> arguments() override {
        return {{.names = "DATASET",
                 .help = "the dataset",
                 .into = &dataset_,
                 .completes = Completes::datasets,
                 .required = true},
                {.names = "--where",
                 .value = "FIELD=VALUE",
                 .help = "what the records hold",
                 .into = &where_,
                 .required = true},
                {.names = "--and", .value = "FIELD=VALUE", .help = "and what else", .into = &and_},
                {.names = "--drop-unreadable",
                 .help = "remove kept deliveries whole that cannot be written anew",
                 .into = &drop_},
                {.names = "--dry-run", .help = "show how much would go; remove nothing", .into = &dry_run_},
                {.names = "--yes", .help = "it is meant", .into = &yes_}};
    }

    Result<int> run(Session& session) override {
        TRY(confirmed(yes_, dry_run_));
        Erasure erasure;
        erasure.dataset = dataset_;
        erasure.where.push_back(TRY(read_condition(where_)));
        if (!and_.empty()) erasure.where.push_back(TRY(read_condition(and_)));
        erasure.drop_unreadable = drop_;
        erasure.by = session.user();
        Pipeline* pipeline = TRY(session.pipeline());
        session.interrupts().say("what was begun is finished by the next command that changes data");
        const auto erased = TRY(pipeline->erase(erasure, dry_run_));
        session.progress().clear();
        TRY(print_erased(session.console(), erased, dry_run_));
        return kDone;
    }

private:
    std::string dataset_;
    std::string where_;
    std::string and_;
    bool drop_ = false;
    bool dry_run_ = false;
    bool yes_ = false;
};

} // namespace

void add_erasing_commands(Commands& commands) {
    commands.push_back(std::make_unique<PurgeCommand>());
    commands.push_back(std::make_unique<EraseCommand>());
}

} // namespace inlet
