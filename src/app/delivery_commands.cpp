// `inlet errors`, `rejects`, `raw`: what was kept of a delivery.
#include <algorithm>

#include <fmt/format.h>

#include "app/byte_files.hpp"
#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/deliveries.hpp"
#include "app/display_text.hpp"
#include "app/figures.hpp"
#include "app/out_file.hpp"
#include "app/session.hpp"
#include "app/text_table.hpp"
#include "records/violation_line.hpp"

namespace inlet {

namespace {

constexpr std::int64_t kLimitDefault = 100;

Argument part_argument(std::optional<std::int64_t>& part) {
    return {.names = "--part",
            .value = "N",
            .help = "the part, counted from 1, when the delivery has several",
            .into = &part,
            .least = 1};
}

// The position of the part that is meant: the one asked for, else the only one that `has` something to show.
template <class Has>
Result<std::size_t> choose_part(const SubmissionRecord& record, const std::optional<std::int64_t>& asked,
                                std::string_view what, Has has) {
    if (asked) {
        const auto position = static_cast<std::size_t>(*asked) - 1;
        if (position < record.parts.size()) return position;
        return fail(FailureCode::bad_argument, fmt::format("--part is {}; submission {} has {}", *asked,
                                                           record.id.value, show_count(record.parts.size(), "part")));
    }
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < record.parts.size(); ++i) {
        if (has(record.parts[i])) found.push_back(i);
    }
    if (found.size() == 1) return found.front();
    if (found.empty())
        return fail(FailureCode::bad_argument, fmt::format("submission {} has no {}", record.id.value, what));
    std::string choices;
    for (const std::size_t i : found)
        choices += fmt::format("{}--part {} ({})", choices.empty() ? "" : ", ", i + 1, record.parts[i].name);
    return usage_error(fmt::format("several parts have {}; say which: {}", what, choices));
}

// Bytes as the inside of a JSON string, cut between lines so that no character is torn.
class JsonStringSink final : public ByteSink {
public:
    explicit JsonStringSink(ByteSink& out) : out_(out) {}
    Status write(std::span<const char> bytes) override {
        pending_.append(bytes.data(), bytes.size());
        const auto end = pending_.rfind('\n');
        return end == std::string::npos ? Status{} : send(end + 1);
    }
    Status finish() { return send(pending_.size()); }

private:
    Status send(std::size_t count) {
        std::string text;
        append_json_string(text, std::string_view(pending_).substr(0, count));
        pending_.erase(0, count);
        return out_.write(std::string_view(text).substr(1, text.size() - 2));
    }

    ByteSink& out_;
    std::string pending_;
};

class ErrorsCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "errors",
                .group = "Submissions",
                .summary = "what was wrong with a delivery, error by error",
                .description =
                    "Lists the failing cells and records in the order of the file: row (1 is the first data record), "
                    "line, field, code and "
                    "what is wrong. With --json each error also has the byte offset and the text of its record.",
                .examples = {{"inlet errors 7", "the first hundred"},
                             {"inlet errors 7 --part 2 --limit 0", "all of the second part"},
                             {"inlet errors 7 --json | jq '.errors[].message'", "for a program"}}};
    }

    std::vector<Argument> arguments() override {
        return {
            {.names = "ID", .help = "the submission", .into = &id_, .least = 1, .required = true},
            part_argument(part_),
            {.names = "-n,--limit",
             .value = "N",
             .help = "how many at most (100); 0: all that were kept",
             .into = &limit_},
        };
    }

    Reach reach() const override { return Reach::server; }

    Result<int> run(Session& session) override {
        Deliveries* deliveries = TRY(session.deliveries(Use::look));
        const SubmissionRecord record = TRY(deliveries->get(SubmissionId(*id_)));
        std::vector<std::size_t> parts;
        for (std::size_t i = 0; i < record.parts.size(); ++i) parts.push_back(i);
        if (part_) parts = {TRY(choose_part(record, part_, "errors", [](const PartRecord&) { return true; }))};
        Console& console = session.console();
        return console.json() ? as_json(console, *deliveries, record, parts)
                              : as_text(console, *deliveries, record, parts);
    }

private:
    // Gives each kept line of the parts to `each`, up to the limit in all.
    template <class Each>
    Status lines(Deliveries& deliveries, const SubmissionRecord& record, const std::vector<std::size_t>& parts,
                 Each each) const {
        const auto limit = static_cast<std::uint64_t>(limit_.value_or(kLimitDefault));
        std::uint64_t given = 0;
        for (const std::size_t part : parts) {
            if (record.parts[part].errors_total == 0) continue;
            const auto source = TRY(deliveries.open_errors(record.id, part));
            const Status read = each_line(*source, [&](std::string_view line) -> Result<bool> {
                if (limit > 0 && given >= limit) return false;
                ++given;
                TRY(each(part, line));
                return true;
            });
            if (!read) return read;
        }
        return {};
    }

    Result<int> as_json(Console& console, Deliveries& deliveries, const SubmissionRecord& record,
                        const std::vector<std::size_t>& parts) const {
        std::uint64_t total = 0;
        for (const std::size_t part : parts) total += record.parts[part].errors_total;
        TRY(console.print(fmt::format("{{\"submission\":{},\"errors_total\":{},\"errors\":[", record.id.value, total)));
        bool first = true;
        TRY(lines(deliveries, record, parts, [&](std::size_t part, std::string_view line) -> Status {
            // The line is an object already: the part becomes its first member.
            const Status status =
                console.print(fmt::format("{}\n{{\"part\":{},{}", first ? "" : ",", part + 1, line.substr(1)));
            first = false;
            return status;
        }));
        TRY(console.print("]}\n"));
        return kDone;
    }

    Result<int> as_text(Console& console, Deliveries& deliveries, const SubmissionRecord& record,
                        const std::vector<std::size_t>& parts) const {
        const bool several = record.parts.size() > 1;
        std::vector<TableColumn> columns;
        if (several) columns.push_back({"part", Align::right});
        columns.insert(columns.end(),
                       {{"row", Align::right}, {"line", Align::right}, {"field"}, {"code"}, {"what is wrong"}});
        TextTable table(columns);
        std::uint64_t shown = 0;
        TRY(lines(deliveries, record, parts, [&](std::size_t part, std::string_view line) -> Status {
            const auto violation = read_violation(line);
            if (!violation) return fail(FailureCode::object_corrupt, "the kept error list cannot be read");
            std::vector<TableCell> cells;
            if (several) cells.emplace_back(std::to_string(part + 1));
            cells.emplace_back(violation->row == 0 ? std::string() : std::to_string(violation->row));
            cells.emplace_back(std::to_string(violation->line));
            cells.emplace_back(violation->field);
            cells.emplace_back(failure_info(violation->code).code);
            cells.emplace_back(violation->message);
            table.add(std::move(cells));
            ++shown;
            return {};
        }));
        if (shown == 0) {
            console.note(fmt::format("no errors were kept of submission {}", record.id.value));
            return kDone;
        }
        TRY(console.print(table.render(console.terminal().out ? console.terminal().width : 0, console.paint())));
        std::uint64_t total = 0;
        for (const std::size_t part : parts) total += record.parts[part].errors_total;
        if (total > shown)
            console.note(fmt::format("{} of {} errors; --limit 0 lists all that were kept", show_count(shown),
                                     show_count(total)));
        return kDone;
    }

    std::optional<std::int64_t> id_;
    std::optional<std::int64_t> part_;
    std::optional<std::int64_t> limit_;
};

class RejectsCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "rejects",
                .group = "Submissions",
                .summary = "the rejected records, as they were sent, with what is wrong",
                .description = "Prints CSV: the columns _row, _code, _field and _message, then the sender's own "
                               "columns, byte for byte. Corrected and "
                               "without those four columns it can be sent again.",
                .examples = {{"inlet rejects 7 > rejects.csv", "of a delivery of one file"},
                             {"inlet rejects 7 --part 2 --output rejects.csv", "of the second file in a package"}}};
    }

    std::vector<Argument> arguments() override {
        return {
            {.names = "ID", .help = "the submission", .into = &id_, .least = 1, .required = true},
            part_argument(part_),
            {.names = "-o,--output",
             .value = "FILE",
             .help = "write to this file instead of standard output",
             .into = &output_,
             .completes = Completes::files},
        };
    }

    Reach reach() const override { return Reach::server; }

    Result<int> run(Session& session) override {
        Deliveries* deliveries = TRY(session.deliveries(Use::look));
        const SubmissionRecord record = TRY(deliveries->get(SubmissionId(*id_)));
        const std::size_t part =
            TRY(choose_part(record, part_, "rejects", [](const PartRecord& each) { return each.rejected > 0; }));
        const auto rejects = TRY(deliveries->open_rejects(record.id, part));
        Console& console = session.console();
        JsonWriter json;
        json.begin_object()
            .member("submission", record.id.value)
            .member("part", part + 1)
            .member("name", record.parts[part].name);
        json.member("rejected", record.parts[part].rejected);
        if (!output_.empty() && output_ != "-") {
            auto file = TRY(OutFile::create(session.disk(), output_));
            TRY(copy_bytes(*rejects, *file));
            TRY(file->commit());
            json.member("output", output_).end_object();
            TRY(console.json() ? console.print(json) : Status{});
            return kDone;
        }
        if (!console.json()) {
            TRY(copy_bytes(*rejects, console.out()));
            return kDone;
        }
        TRY(console.print(json.take() + ",\"csv\":\""));
        JsonStringSink inside(console.out());
        TRY(copy_bytes(*rejects, inside));
        TRY(inside.finish());
        TRY(console.print("\"}\n"));
        return kDone;
    }

private:
    std::optional<std::int64_t> id_;
    std::optional<std::int64_t> part_;
    std::string output_;
};

class RawCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "raw",
                .group = "Submissions",
                .summary = "a delivery as it came, byte for byte",
                .description =
                    "Copies what was received to a file. It is kept as long as the dataset's retention says.",
                .examples = {{"inlet raw 7 --output data.zip", "to a file"},
                             {"inlet raw 7 --output - | sha256sum", "to another program"}}};
    }

    std::vector<Argument> arguments() override {
        return {
            {.names = "ID", .help = "the submission", .into = &id_, .least = 1, .required = true},
            {.names = "-o,--output",
             .value = "FILE",
             .help = "where to; `-` for standard output",
             .into = &output_,
             .completes = Completes::files,
             .required = true},
        };
    }

    Reach reach() const override { return Reach::server; }

    Result<int> run(Session& session) override {
        Deliveries* deliveries = TRY(session.deliveries(Use::look));
        const SubmissionRecord record = TRY(deliveries->get(SubmissionId(*id_)));
        const auto raw = TRY(deliveries->open_raw(record.id));
        Console& console = session.console();
        if (output_ == "-") {
            if (console.json())
                return usage_error("--json needs a file as --output: the bytes themselves are not JSON");
            TRY(copy_bytes(*raw, console.out()));
            return kDone;
        }
        auto file = TRY(OutFile::create(session.disk(), output_));
        TRY(copy_bytes(*raw, *file));
        TRY(file->commit());
        if (console.json()) {
            JsonWriter json;
            json.begin_object()
                .member("submission", record.id.value)
                .member("output", output_)
                .member("bytes", record.raw_bytes);
            json.member("sha256", record.raw_sha256).end_object();
            TRY(console.print(json));
        } else {
            TRY(console.tell(fmt::format("{}: {}\n", output_, show_bytes(record.raw_bytes))));
        }
        return kDone;
    }

private:
    std::optional<std::int64_t> id_;
    std::string output_;
};

} // namespace

void add_delivery_commands(Commands& commands) {
    commands.push_back(std::make_unique<ErrorsCommand>());
    commands.push_back(std::make_unique<RejectsCommand>());
    commands.push_back(std::make_unique<RawCommand>());
}

} // namespace inlet
