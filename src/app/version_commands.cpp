// `inlet datasets`, `versions`, `diff`, `undo`, `prune`: what changed, taking it back, and forgetting.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "app/act.hpp"
#include "app/change_view.hpp"
#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/deliveries.hpp"
#include "app/figures.hpp"
#include "app/names.hpp"
#include "app/record_view.hpp"
#include "app/session.hpp"
#include "app/text_table.hpp"
#include "pipeline/keeping_json.hpp"
#include "warehouse/version_json.hpp"

namespace inlet {

namespace {

constexpr std::int64_t kVersionsDefault = 50;
constexpr std::int64_t kDiffDefault = 100;

void write_ids(JsonWriter& json, std::string_view name, const std::vector<SubmissionId>& ids) {
    json.key(name).begin_array();
    for (const SubmissionId id : ids) json.value(id.value);
    json.end_array();
}

class VersionsCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "versions",
                .group = "Versions",
                .summary = "what was published when, newest first",
                .description = "One line for each version and each dataset or model that it changed.",
                .examples = {{"inlet versions", "of all datasets"},
                             {"inlet versions ratings --limit 5", "the last five of one"},
                             {"inlet versions --json", "for a program"}}};
    }

    std::vector<Argument> arguments() override {
        return {
            {.names = "DATASET",
             .help = "only of this dataset or model",
             .into = &table_,
             .completes = Completes::tables},
            {.names = "-n,--limit", .value = "N", .help = "lines at most (50)", .into = &limit_, .least = 1},
        };
    }

    Reach reach() const override { return Reach::server; }

    Result<int> run(Session& session) override {
        Deliveries* deliveries = TRY(session.deliveries(Use::read));
        const auto limit = static_cast<std::size_t>(limit_.value_or(kVersionsDefault));
        const std::vector<VersionEntry> entries = TRY(deliveries->versions(table_, limit));
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            json.begin_object().key("versions").begin_array();
            for (const VersionEntry& entry : entries) write_version(json, entry);
            json.end_array().end_object();
            TRY(console.print(json));
            return kDone;
        }
        if (entries.empty()) {
            console.note("nothing was published yet");
            return kDone;
        }
        TextTable table({{"version", Align::right},
                         {"published"},
                         {"dataset"},
                         {"kind"},
                         {"submission", Align::right},
                         {"inserted", Align::right},
                         {"updated", Align::right},
                         {"deleted", Align::right},
                         {"by"}});
        for (const VersionEntry& entry : entries) {
            std::string kind = entry.kind;
            for (const SubmissionId id : entry.undoes) kind += fmt::format(" {}", id.value);
            table.add({std::to_string(entry.number.value), show_moment(entry.published_at), entry.dataset, kind,
                       entry.submission ? std::to_string(entry.submission.value) : "",
                       show_count(entry.counts.inserted), show_count(entry.counts.updated),
                       show_count(entry.counts.deleted), entry.by});
        }
        TRY(console.print(table.render(console.terminal().out ? console.terminal().width : 0, console.paint())));
        return kDone;
    }

private:
    std::string table_;
    std::optional<std::int64_t> limit_;
};

class DatasetsCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "datasets",
                .group = "Reading",
                .summary = "the datasets, with their last version and how many records they have",
                .description = "One line for each dataset of the project.",
                .examples = {{"inlet datasets", "all of them"},
                             {"inlet datasets --json --server https://data.example.org", "those of a server"}}};
    }

    Reach reach() const override { return Reach::server; }

    Result<int> run(Session& session) override {
        Deliveries* deliveries = TRY(session.deliveries(Use::read));
        std::vector<DatasetSummary> datasets = TRY(deliveries->datasets());
        std::ranges::sort(datasets, {}, &DatasetSummary::name);
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            json.begin_object().key("datasets").begin_array();
            for (const DatasetSummary& dataset : datasets) {
                json.begin_object().member("name", dataset.name).member("title", dataset.title);
                json.member("write", dataset.write).member("version", dataset.version.value);
                json.member("records", dataset.records).end_object();
            }
            json.end_array().end_object();
            TRY(console.print(json));
            return kDone;
        }
        TextTable table({{"dataset"}, {"title"}, {"write"}, {"version", Align::right}, {"records", Align::right}});
        for (const DatasetSummary& dataset : datasets) {
            table.add({dataset.name, dataset.title, dataset.write,
                       dataset.version ? std::to_string(dataset.version.value) : "", show_count(dataset.records)});
        }
        TRY(console.print(table.render(console.terminal().out ? console.terminal().width : 0, console.paint())));
        return kDone;
    }
};

class DiffCommand final : public Command {
public:
    CommandText text() const override {
        return {
            .name = "diff",
            .group = "Versions",
            .summary = "what changed in a dataset between two versions",
            .description = "Compares the rows as of version FROM with those as of version TO by their primary key: `+` "
                           "inserted, `~` updated, "
                           "`-` deleted. Without a primary key rows are only inserted and deleted.",
            .examples = {{"inlet diff ratings 1 2", "what version 2 changed"},
                         {"inlet diff ratings 0 5 --limit 0 --json", "everything since the beginning, for a program"}}};
    }

    std::vector<Argument> arguments() override {
        return {
            {.names = "DATASET",
             .help = "the dataset or model",
             .into = &table_,
             .completes = Completes::tables,
             .required = true},
            {.names = "FROM", .help = "the earlier version; 0: before the first", .into = &from_, .required = true},
            {.names = "TO", .help = "the later version", .into = &to_, .required = true},
            {.names = "-n,--limit", .value = "N", .help = "rows to show (100); 0: all", .into = &limit_},
        };
    }

    Result<int> run(Session& session) override {
        const Project* project = TRY(session.project());
        TRY(check_table(*project, table_));
        Warehouse* warehouse = TRY(session.reading());
        const std::vector<ResultColumn> columns = TRY(table_columns(*warehouse, table_));
        Console& console = session.console();
        return console.json() ? as_json(console, *warehouse, columns)
                              : as_text(console, *warehouse, columns, key_columns(*project, table_));
    }

private:
    Result<DiffSummary> changes(Warehouse& warehouse, const std::function<void(const ChangedRow&)>& each) const {
        const std::int64_t limit = limit_.value_or(kDiffDefault);
        const auto rows = limit == 0 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(limit);
        return warehouse.diff(table_, Version(*from_), Version(*to_), rows, each);
    }

    Result<int> as_json(Console& console, Warehouse& warehouse, const std::vector<ResultColumn>& columns) const {
        // Rows come before the counts, which are known at the end: so nothing needs to be held.
        std::string before = "{\"dataset\":";
        append_json_string(before, table_);
        before += fmt::format(",\"from\":{},\"to\":{},\"changes\":[\n", *from_, *to_);
        Status written;
        const DiffSummary summary = TRY(changes(warehouse, [&](const ChangedRow& row) {
            JsonWriter json;
            write_change(json, row, columns);
            if (written) written = console.print(before + json.take());
            before = ",\n";
        }));
        TRY(written);
        if (before != ",\n") TRY(console.print(before));
        JsonWriter counts;
        counts.begin_object();
        write_change_counts(counts, summary.counts);
        counts.end_object();
        TRY(console.print("]," + counts.take().substr(1) + "\n"));
        return kDone;
    }

    Result<int> as_text(Console& console, Warehouse& warehouse, const std::vector<ResultColumn>& columns,
                        const std::vector<std::string>& key) const {
        const std::size_t width = console.terminal().out ? console.terminal().width : 0;
        std::uint64_t shown = 0;
        Status written;
        const DiffSummary summary = TRY(changes(warehouse, [&](const ChangedRow& row) {
            if (written) written = console.print(change_text(row, columns, key, console.paint(), width) + "\n");
            ++shown;
        }));
        TRY(written);
        const std::uint64_t all = summary.counts.inserted + summary.counts.updated + summary.counts.deleted;
        if (all > shown) TRY(console.print(fmt::format("... {} more, --limit 0 shows all\n", show_count(all - shown))));
        ChangeCounts changed = summary.counts;
        changed.unchanged = 0;
        TRY(console.print(fmt::format("{} from version {} to {}: {}\n", table_, *from_, *to_, counts_text(changed))));
        return kDone;
    }

    std::string table_;
    std::optional<std::int64_t> from_;
    std::optional<std::int64_t> to_;
    std::optional<std::int64_t> limit_;
};

class UndoCommand final : public Command {
public:
    CommandText text() const override {
        return {
            .name = "undo",
            .group = "Versions",
            .summary = "take a submission or a version back, as a new version",
            .description =
                "Afterwards the data is as if every submission but this one had been loaded. Where that cannot be told "
                "from the rows alone it "
                "refuses: a later submission wrote or repeated the same key (undo-conflict; --cascade undoes those "
                "too), or a later snapshot "
                "settled the dataset (superseded-by-snapshot). An undo is a submission itself, and can be undone.\n\n"
                "Exit codes: 0 undone, 1 refused.",
            .examples = {{"inlet undo 7", "submission 7"},
                         {"inlet undo --version 3", "all that version 3 published"},
                         {"inlet undo 7 --cascade --dry-run", "what would have to go with it"}}};
    }

    std::vector<Argument> arguments() override {
        return {
            {.names = "ID", .help = "the submission", .into = &id_, .least = 1},
            {.names = "--version",
             .value = "N",
             .help = "all submissions of this version instead",
             .into = &version_,
             .least = 1},
            {.names = "--cascade", .help = "also undo later submissions that wrote the same keys", .into = &cascade_},
            {.names = "--dry-run", .help = "show what would change; change nothing", .into = &dry_run_},
        };
    }

    Reach reach() const override { return Reach::server; }

    Result<int> run(Session& session) override {
        if (id_.has_value() == version_.has_value())
            return usage_error("either the ID of a submission or --version is needed");
        const Timestamp start = session.clock().now();
        Deliveries* deliveries = TRY(session.deliveries(Use::change));
        UndoOrder order{.cascade = cascade_, .dry_run = dry_run_};
        if (id_) order.submission = SubmissionId(*id_);
        if (version_) order.version = Version(*version_);
        const Pipeline::Undone undone = TRY(deliveries->undo(order));
        session.progress().clear();
        const double seconds = session.seconds_since(start);
        Console& console = session.console();
        if (console.json()) {
            TRY(print_json(console, undone, seconds));
        } else {
            TRY(console.tell(report(undone, console.paint())));
        }
        return kDone;
    }

private:
    Status print_json(Console& console, const Pipeline::Undone& undone, double seconds) const {
        JsonWriter json;
        json.begin_object().key("submission");
        if (undone.record.id)
            json.value(undone.record.id.value);
        else
            json.null();
        json.key("version");
        if (undone.outcome.version)
            json.value(undone.outcome.version.value);
        else
            json.null();
        json.member("dry_run", dry_run_);
        write_ids(json, "undone", undone.outcome.undone);
        json.key("parts").begin_array();
        for (const PartOutcome& part : undone.outcome.parts) {
            json.begin_object().member("dataset", part.dataset);
            write_change_counts(json, part.counts);
            json.end_object();
        }
        json.end_array();
        write_models(json, undone.outcome.models);
        json.member("seconds", seconds).end_object();
        return console.print(json);
    }

    std::string report(const Pipeline::Undone& undone, Paint paint) const {
        std::string out;
        for (const PartOutcome& part : undone.outcome.parts) {
            ChangeCounts changed = part.counts;
            changed.unchanged = 0;
            out += fmt::format("{}: {}\n", paint.bold(part.dataset), counts_text(changed));
        }
        out += models_text(undone.outcome.models, paint);
        std::string ids;
        for (const SubmissionId id : undone.outcome.undone)
            ids += fmt::format("{}{}", ids.empty() ? "" : ", ", id.value);
        const std::string_view noun = undone.outcome.undone.size() == 1 ? "submission" : "submissions";
        if (dry_run_) return out + fmt::format("dry run: would undo {} {}; nothing was changed\n", noun, ids);
        out += paint.green("undone") + fmt::format(": {} {}, as version {} (submission {})\n", noun, ids,
                                                   undone.outcome.version.value, undone.record.id.value);
        return out + next_steps_text({{fmt::format("inlet undo {}", undone.record.id.value), "bring it back"}}, paint);
    }

    std::optional<std::int64_t> id_;
    std::optional<std::int64_t> version_;
    bool cascade_ = false;
    bool dry_run_ = false;
};

class PruneCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "prune",
                .group = "Versions",
                .summary = "forget what the datasets' retention says need not be kept",
                .description = "Removes raw deliveries, rejects and history that are older than their dataset's "
                               "retention, and files that nothing refers to "
                               "any more and that are older than an hour (a delivery under way may still need younger "
                               "ones). Rows that are live stay. Reading below pruned history is refused afterwards "
                               "(version-pruned), never answered wrongly.",
                .examples = {{"inlet prune --dry-run", "what would go"}, {"inlet prune", "from a nightly job"}}};
    }

    std::vector<Argument> arguments() override {
        return {{.names = "--dry-run", .help = "show what would go; remove nothing", .into = &dry_run_}};
    }

    Result<int> run(Session& session) override {
        Pipeline* pipeline = TRY(session.pipeline());
        session.interrupts().say("what was not forgotten yet goes with the next `inlet prune`");
        auto outcome = pipeline->prune(dry_run_);
        if (!dry_run_) outcome = written_down(session, {.action = "prune"}, std::move(outcome));
        const Pipeline::Pruned pruned = TRY(std::move(outcome));
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            write_pruned(json, pruned, dry_run_);
            TRY(console.print(json));
            return kDone;
        }
        std::string text =
            fmt::format("{}: {}, rejects of {}, {} of history; {} ({})\n", dry_run_ ? "would go" : "gone",
                        pruned.raw == 1 ? std::string("1 raw delivery") : show_count(pruned.raw) + " raw deliveries",
                        show_count(pruned.rejects, "submission"), show_count(pruned.history_rows, "row"),
                        show_count(pruned.objects, "file"), show_bytes(pruned.bytes));
        if (pruned.young_objects > 0) {
            text += fmt::format("{} more ({}) that nothing needs: stored less than an hour ago, they go with a later "
                                "`inlet prune`\n",
                                show_count(pruned.young_objects, "file"), show_bytes(pruned.young_bytes));
        }
        TRY(console.tell(text));
        return kDone;
    }

private:
    bool dry_run_ = false;
};

} // namespace

void add_version_commands(Commands& commands) {
    commands.push_back(std::make_unique<DatasetsCommand>());
    commands.push_back(std::make_unique<VersionsCommand>());
    commands.push_back(std::make_unique<DiffCommand>());
    commands.push_back(std::make_unique<UndoCommand>());
    commands.push_back(std::make_unique<PruneCommand>());
}

} // namespace inlet
