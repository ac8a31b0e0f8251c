// `inlet submissions`, `show`, `approve`, `cancel`, `retry`: what was delivered, and what is to become of it.
#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/deliveries.hpp"
#include "app/delivery_errors.hpp"
#include "app/display_text.hpp"
#include "app/dry_run_view.hpp"
#include "app/figures.hpp"
#include "app/record_view.hpp"
#include "app/session.hpp"
#include "app/text_table.hpp"

namespace inlet {

namespace {

constexpr std::int64_t kLimitDefault = 50;
constexpr std::size_t kSampleRows = 50; // of what a held submission would change, per part

std::vector<std::string> state_names() {
    std::vector<std::string> names;
    for (int i = 0; i <= static_cast<int>(SubmissionState::purged); ++i)
        names.emplace_back(to_string(static_cast<SubmissionState>(i)));
    return names;
}

Argument id_argument(std::optional<std::int64_t>& id, std::string help) {
    return {.names = "ID", .help = std::move(help), .into = &id, .least = 1, .required = true};
}

class SubmissionsCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "submissions",
                .group = "Submissions",
                .summary = "list what was delivered, newest first",
                .description = "One line for each submission: its state, where it went, how many records it had, and "
                               "the version that it made.",
                .examples = {{"inlet submissions", "the last 50"},
                             {"inlet submissions --state held", "what waits for approval"},
                             {"inlet submissions --dataset ratings --limit 5 --json", "for a program"},
                             {"inlet submissions --before 100", "the next page"}}};
    }

    std::vector<Argument> arguments() override {
        return {
            {.names = "--dataset",
             .value = "NAME",
             .help = "only those of this dataset or package",
             .into = &dataset_,
             .completes = Completes::datasets},
            {.names = "--state",
             .value = "STATE",
             .help = "only those in this state",
             .into = &state_,
             .completes = Completes::choices,
             .choices = state_names()},
            {.names = "-n,--limit", .value = "N", .help = "how many at most (50)", .into = &limit_, .least = 1},
            {.names = "--before", .value = "ID", .help = "only those with a lower id", .into = &before_, .least = 1},
        };
    }

    Reach reach() const override { return Reach::server; }

    Result<int> run(Session& session) override {
        Deliveries* deliveries = TRY(session.deliveries(Use::look));
        SubmissionFilter filter{.dataset = dataset_, .state = submission_state_from(state_)};
        filter.limit = static_cast<std::size_t>(limit_.value_or(kLimitDefault));
        if (before_) filter.before = SubmissionId(*before_);
        const std::vector<SubmissionRecord> records = TRY(deliveries->list(filter));
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            json.begin_object().key("submissions").begin_array();
            for (const SubmissionRecord& record : records) write_record(json, record);
            json.end_array().end_object();
            TRY(console.print(json));
            return kDone;
        }
        if (records.empty()) {
            console.note("there are none");
            return kDone;
        }
        TextTable table({{"id", Align::right},
                         {"received"},
                         {"file"},
                         {"to"},
                         {"records", Align::right},
                         {"rejected", Align::right},
                         {"state"},
                         {"version", Align::right},
                         {"by"}});
        for (const SubmissionRecord& record : records) {
            std::uint64_t rows = 0;
            std::uint64_t rejected = 0;
            for (const PartRecord& part : record.parts) {
                rows += part.rows;
                rejected += part.rejected;
            }
            const Timestamp at = record.received_at != 0 ? record.received_at : record.updated_at;
            const std::string file = record.kind == SubmissionKind::delivery || record.kind == SubmissionKind::records
                                         ? record.file_name
                                         : std::string(to_string(record.kind));
            table.add({std::to_string(record.id.value), show_moment(at), file, record.target, show_count(rows),
                       show_count(rejected), std::string(to_string(record.state)),
                       record.version ? std::to_string(record.version.value) : "", record.by});
        }
        TRY(console.print(table.render(console.terminal().out ? console.terminal().width : 0, console.paint())));
        if (records.size() == filter.limit && records.back().id.value > 1)
            console.note(fmt::format("more: inlet submissions --before {}", records.back().id.value));
        return kDone;
    }

private:
    std::string dataset_;
    std::string state_;
    std::optional<std::int64_t> limit_;
    std::optional<std::int64_t> before_;
};

class ShowCommand final : public Command {
public:
    CommandText text() const override {
        return {
            .name = "show",
            .group = "Submissions",
            .summary = "everything about one submission",
            .description = "Its state and the reason for it, its parts with what was wrong in them, what it waits for, "
                           "and what happened to it when.",
            .examples = {{"inlet show 7", "what became of submission 7"},
                         {"inlet show 8 --changes", "what approving the held submission 8 would change, row by row"},
                         {"inlet show 7 --json", "for a program"}}};
    }

    std::vector<Argument> arguments() override {
        return {id_argument(id_, "the submission"),
                {.names = "--changes", .help = "of a held one: what approving it would change now", .into = &changes_}};
    }

    Reach reach() const override { return Reach::server; }

    Result<int> run(Session& session) override {
        if (changes_) return show_changes(session);
        Deliveries* deliveries = TRY(session.deliveries(Use::look));
        const SubmissionRecord record = TRY(deliveries->get(SubmissionId(*id_)));
        const std::vector<CatalogEvent> events = TRY(deliveries->events(record.id));
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            write_record(json, record);
            std::string text = json.take();
            text.pop_back(); // the events go into the same object
            JsonWriter list;
            list.begin_array();
            for (const CatalogEvent& event : events) {
                list.begin_object().member("at", iso_moment(event.at)).member("type", event.type).key("detail");
                if (event.detail.empty())
                    list.null();
                else
                    list.raw(event.detail);
                list.end_object();
            }
            list.end_array();
            TRY(console.print(text + ",\"events\":" + list.take() + "}\n"));
            return kDone;
        }
        const Paint paint = console.paint();
        std::string out = paint.bold(fmt::format("submission {}", record.id.value)) + ": " + headline(record) + "\n";
        out += fmt::format("  {} {}", paint.dim("state:"), painted_state(record.state, paint));
        if (record.version) out += fmt::format(", version {}", record.version.value);
        out += "\n";
        if (!record.reason.empty())
            out += fmt::format("  {} {} ({})\n", paint.dim("reason:"), printable(record.reason), record.reason_code);
        if (const auto code = failure_from_code(record.reason_code); code && record.state != SubmissionState::published)
            out += fmt::format("  {} {}\n", paint.dim("what to do:"), failure_info(*code).what_to_do);
        for (const auto& [dataset, rows] : record.asked_deletes) {
            out += fmt::format("  {} {} of {}\n", paint.dim("would delete:"), show_count(rows, "row"), dataset);
        }
        if (record.raw_bytes > 0)
            out += fmt::format("  {} {}, sha256 {}\n", paint.dim("sent:"), show_bytes(record.raw_bytes),
                               record.raw_sha256);
        out += fmt::format("  {} {}\n", paint.dim("by:"), printable(record.by));
        for (std::size_t i = 0; i < record.parts.size(); ++i)
            out += part_text(record.parts[i], folded_errors(*deliveries, record, i), paint);
        for (const CatalogEvent& event : events)
            out += fmt::format("  {}  {}\n", paint.dim(show_moment(event.at)), event.type);
        TRY(console.print(out + next_steps_text(next_steps(record), paint)));
        return kDone;
    }

private:
    static std::string headline(const SubmissionRecord& record) {
        switch (record.kind) {
        case SubmissionKind::delivery:
            return fmt::format("{} to {}", printable(record.file_name), record.target);
        case SubmissionKind::records:
            return fmt::format("{} small records to {}", record.parts.empty() ? 0 : record.parts.front().rows,
                               record.target);
        case SubmissionKind::held_deletes:
            return fmt::format("deletions that submission {} asked for", record.parent.value);
        case SubmissionKind::erasure:
            return fmt::format("erasure of records of {}", record.target);
        case SubmissionKind::undo:
        case SubmissionKind::purge:
            break;
        }
        std::string ids;
        for (const SubmissionId id : record.undoes) ids += fmt::format("{}{}", ids.empty() ? "" : ", ", id.value);
        return fmt::format("{} of {}", to_string(record.kind), ids);
    }

    Result<int> show_changes(Session& session) const {
        Deliveries* deliveries = TRY(session.deliveries(Use::change));
        const Pipeline::DryRun outcome = TRY(deliveries->preview(SubmissionId(*id_), kSampleRows));
        session.progress().clear();
        const Project* project = TRY(session.project());
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            json.begin_object();
            write_dry_run(json, outcome, *project);
            json.end_object();
            TRY(console.print(json));
            return kDone;
        }
        const Paint paint = console.paint();
        const std::string heading = fmt::format("submission {} is held; approving it would do this:\n", *id_);
        TRY(console.print(heading + dry_run_text(outcome, *project, console) +
                          next_steps_text({{fmt::format("inlet approve {}", *id_), "publish it"},
                                           {fmt::format("inlet cancel {}", *id_), "drop it"}},
                                          paint)));
        return kDone;
    }

    std::optional<std::int64_t> id_;
    bool changes_ = false;
};

// approve, cancel and retry differ in what they call.
class ActCommand : public Command {
public:
    std::vector<Argument> arguments() override { return {id_argument(id_, "the submission")}; }

    Reach reach() const override { return Reach::server; }

    Result<int> run(Session& session) override {
        const Timestamp start = session.clock().now();
        Deliveries* deliveries = TRY(session.deliveries(Use::change));
        const SubmissionRecord record = TRY(deliveries->decide(decision(), SubmissionId(*id_)));
        session.progress().clear();
        const double seconds = session.seconds_since(start);
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            json.begin_object();
            write_outcome(json, record);
            json.member("seconds", seconds).end_object();
            TRY(console.print(json));
        } else {
            std::string out;
            const Paint paint = console.paint();
            for (std::size_t i = 0; i < record.parts.size(); ++i)
                out += part_text(record.parts[i], folded_errors(*deliveries, record, i), paint);
            out += outcome_text(record, paint, seconds) + "\n" + way_out_text(record, paint);
            TRY(console.tell(out + next_steps_text(next_steps(record), paint)));
        }
        return is_as_wanted(record.state) ? kDone : exit_code_for(record);
    }

private:
    virtual Decision decision() const = 0;
    virtual bool is_as_wanted(SubmissionState state) const { return state == SubmissionState::published; }

    std::optional<std::int64_t> id_;
};

class ApproveCommand final : public ActCommand {
public:
    CommandText text() const override {
        return {.name = "approve",
                .group = "Submissions",
                .summary = "publish a submission that is held",
                .description =
                    "Checks once more what it would do now. If that is what it was held for, it is published; if the "
                    "dataset has changed "
                    "meanwhile so that it would do something else, it stays held and says so (approval-changed).",
                .examples = {{"inlet submissions --state held", "what waits"}, {"inlet approve 8", "publish it"}}};
    }

private:
    Decision decision() const override { return Decision::approve; }
};

class CancelCommand final : public ActCommand {
public:
    CommandText text() const override {
        return {.name = "cancel",
                .group = "Submissions",
                .summary = "drop a submission that is not published yet",
                .description =
                    "What was sent stays kept as long as the dataset's retention says, but it is never published.",
                .examples = {{"inlet cancel 8", "drop what is held or waits"}}};
    }

private:
    Decision decision() const override { return Decision::cancel; }
    bool is_as_wanted(SubmissionState state) const override { return state == SubmissionState::cancelled; }
};

class RetryCommand final : public ActCommand {
public:
    CommandText text() const override {
        return {.name = "retry",
                .group = "Submissions",
                .summary = "try a submission again that failed, or was rejected under an older contract",
                .description =
                    "Works on the bytes that were kept, under the contract as it stands now. A submission that the "
                    "system failed on can be "
                    "retried at any time; one that was rejected, when the contract or its policies were mended since.",
                .examples = {{"inlet retry 9", "once the disk has room again"}}};
    }

private:
    Decision decision() const override { return Decision::retry; }
};

} // namespace

void add_submission_commands(Commands& commands) {
    commands.push_back(std::make_unique<SubmissionsCommand>());
    commands.push_back(std::make_unique<ShowCommand>());
    commands.push_back(std::make_unique<ApproveCommand>());
    commands.push_back(std::make_unique<CancelCommand>());
    commands.push_back(std::make_unique<RetryCommand>());
}

} // namespace inlet
