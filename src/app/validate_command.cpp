// `inlet validate`: checks a file against a contract, storing nothing.
#include <algorithm>

#include <fmt/format.h>

#include "app/check_view.hpp"
#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/figures.hpp"
#include "app/given_file.hpp"
#include "app/names.hpp"
#include "app/out_file.hpp"
#include "app/project_file.hpp"
#include "app/record_view.hpp"
#include "app/session.hpp"
#include "app/spooled_lines.hpp"
#include "pipeline/content_kind.hpp"
#include "pipeline/reject_policy.hpp"
#include "records/part_check.hpp"

namespace inlet {

namespace {

constexpr std::int64_t kErrorsMaxDefault = 1000;
constexpr std::size_t kFoldedFrom = 500; // violations that the report for a person is folded from

// The rejects go to a file that is there whole or not at all; the errors wait until the counts that stand before them
// are known.
class Outputs final : public OutputFactory {
public:
    // `errors_max`: 0 for none.
    Outputs(Session& session, std::string rejects_path, std::uint64_t errors_max)
        : session_(session), rejects_path_(std::move(rejects_path)), errors_max_(errors_max) {}
    Result<CheckOutputs> begin() override {
        if (!rejects_path_.empty()) {
            // The check may begin anew, which a pipe or a device could not be told.
            if (!takes_plain_file(rejects_path_)) kept_ = TRY(session_.temp_folder()) + "/rejects";
            rejects_ = TRY(OutFile::create(session_.disk(), kept_.empty() ? rejects_path_ : kept_));
        }
        if (errors_max_ > 0) {
            errors_ = std::make_unique<SpooledLines>(session_.disk(), errors_max_, [this]() -> Result<std::string> {
                return TRY(session_.temp_folder()) + "/errors";
            });
        }
        return CheckOutputs{.rejects = rejects_.get(), .errors = errors_.get()};
    }
    Status commit() {
        if (!rejects_) return {};
        TRY(rejects_->commit());
        if (kept_.empty()) return {};
        const auto bytes = TRY(FileOrigin(session_.disk(), kept_).open());
        const auto out = TRY(OutFile::create(session_.disk(), rejects_path_));
        TRY(copy_bytes(*bytes, *out));
        return out->commit();
    }
    SpooledLines* errors() { return errors_.get(); } // null: none

private:
    Session& session_;
    std::string rejects_path_;
    std::uint64_t errors_max_;
    std::string kept_; // where the rejects wait if their place takes no plain file
    std::unique_ptr<OutFile> rejects_;
    std::unique_ptr<SpooledLines> errors_;
};

// What the file is checked against.
struct Contract {
    PartFormat format;
    const Dataset* dataset = nullptr; // null: a schema of its own, or none
    bool structure_only = false;
};

class ValidateCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "validate",
                .group = "Before loading",
                .summary = "check a file against a contract; store nothing",
                .description =
                    "Reads a CSV file and reports every cell and record that breaks the contract: a dataset of the "
                    "project (--dataset), or a "
                    "Table Schema of its own (--schema), for which no project is needed. With neither, only the "
                    "structure is checked: labels, "
                    "quoting, the number of cells, the encoding. What the dialect does not say (delimiter, quote, "
                    "header) is worked out from the "
                    "file. FILE may be `-` for standard input. Files of any size take less than 96 MiB of memory.\n\n"
                    "Exit codes: 0 nothing is wrong, 1 something is.",
                .examples = {
                    {"inlet validate ratings.csv --dataset ratings", "against the contract of a dataset"},
                    {"inlet validate ratings.csv --schema schema.json --rejects rejects.csv",
                     "against a schema; the broken records, with what is wrong, to a file"},
                    {"zcat big.csv.gz | inlet validate - --dataset ratings", "what another program writes"},
                    {"inlet validate x.csv --json | jq '.counts'", "for a program: how many errors of which kind"}}};
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
             .help = "the dataset whose contract holds",
             .into = &dataset_,
             .completes = Completes::datasets},
            {.names = "--schema",
             .value = "FILE",
             .help = "a Table Schema (JSON or YAML)",
             .into = &schema_,
             .completes = Completes::files},
            {.names = "--dialect",
             .value = "FILE",
             .help = "a CSV Dialect (JSON or YAML)",
             .into = &dialect_,
             .completes = Completes::files},
            {.names = "--rejects",
             .value = "FILE",
             .help = "write the broken records here, as they came, with what is wrong",
             .into = &rejects_,
             .completes = Completes::files},
            {.names = "--errors-max",
             .value = "N",
             .help = "errors to list with --json; they are counted in any case (1000)",
             .into = &errors_max_},
        };
    }

    Reach reach() const override { return Reach::nowhere; }

    Result<int> run(Session& session) override {
        if (!dataset_.empty() && !schema_.empty()) return usage_error("--dataset and --schema exclude each other");
        const Contract contract = TRY(read_contract(session));
        TRY(check_apart(rejects_, file_));
        const auto given = TRY(GivenFile::open(session, file_));
        TRY(refuse_other_kinds(*given));
        Console& console = session.console();
        const Timestamp start = session.clock().now();
        const auto errors_max = static_cast<std::uint64_t>(errors_max_.value_or(kErrorsMaxDefault));
        Outputs outputs(session, rejects_, console.json() ? errors_max : 0);
        const CheckReport report = TRY(check(session, contract, *given, outputs, errors_max));
        const double seconds = session.seconds_since(start);
        session.progress().clear();
        if (console.json()) {
            TRY(print_json(console, report, outputs.errors(), seconds));
        } else {
            TRY(console.tell(report_text(report, contract, given->name(), seconds, console.paint())));
        }
        return is_valid(report) ? kDone : kNotPassed;
    }

private:
    Result<Contract> read_contract(Session& session) {
        Contract contract;
        if (!dataset_.empty()) {
            const Project* project = TRY(session.project());
            contract.dataset = TRY(find_dataset(*project, dataset_));
            contract.format.schema = contract.dataset->schema;
            contract.format.dialect = contract.dataset->dialect;
        } else if (!schema_.empty()) {
            const std::string text = TRY(read_small_file(session.disk(), schema_));
            auto schema = parse_schema(text, schema_);
            if (!schema) return fail(Error(FailureCode::schema_error, to_error(schema.error()).message));
            contract.format.schema = std::move(*schema);
        } else {
            contract.structure_only = true;
        }
        if (!dialect_.empty()) {
            const std::string text = TRY(read_small_file(session.disk(), dialect_));
            auto dialect = parse_dialect(text, dialect_);
            if (!dialect) return fail(Error(FailureCode::dialect_error, to_error(dialect.error()).message));
            contract.format.dialect = *dialect;
        }
        return contract;
    }

    static Status refuse_other_kinds(GivenFile& given) {
        const std::string head = TRY(given.head(kRecognisedBytes));
        const Content content = recognise(head);
        if (content.kind == ContentKind::text) return {};
        if (content.kind == ContentKind::executable) {
            return fail(FailureCode::executable_content, fmt::format("{} is {}", given.name(), content.name));
        }
        if (content.kind == ContentKind::recoded) return fail(wrong_encoding(given.name(), content));
        const std::string_view advice =
            content.kind == ContentKind::zip ? "; `inlet load --dry-run` checks what is in it" : "";
        return fail(FailureCode::format_error,
                    fmt::format("{} is {}, and a CSV file is expected{}", given.name(), content.name, advice));
    }

    static Status print_json(Console& console, const CheckReport& report, SpooledLines* errors, double seconds) {
        TRY(console.print(check_json_head(report)));
        bool first = true;
        if (errors != nullptr) {
            const Status listed = errors->each([&](std::string_view line) {
                const Status status = console.print((first ? "\n" : ",\n") + std::string(line));
                first = false;
                return status;
            });
            if (!listed) return listed;
        }
        return console.print(check_json_tail(report, seconds) + "\n");
    }

    Result<CheckReport> check(Session& session, const Contract& contract, GivenFile& given, Outputs& outputs,
                              std::uint64_t errors_max) {
        const Schema& schema = contract.format.schema;
        CheckOptions options;
        // As loading into the dataset would see it: under upsert the last record of a key wins.
        options.repeated_keys = contract.dataset == nullptr || contract.dataset->write != WriteMode::upsert;
        options.violations_max = session.console().json() ? 0 : kFoldedFrom;
        if (rejects_.empty())
            options.rejects_max = errors_max; // it bounds errors too
        else
            options.rejects_max = std::max(options.rejects_max, errors_max);
        const bool keys =
            (options.repeated_keys && !schema.primary_key.empty()) ||
            std::ranges::any_of(schema.fields, [](const Field& field) { return field.constraints.unique; });
        std::string path = file_;
        if (keys) {
            // Repeated keys are found once all are known, and shown by going through the file again.
            options.spill_folder = TRY(session.temp_folder()) + "/keys";
            TRY(session.disk().make_dirs(options.spill_folder));
            path = TRY(given.keep_copy(session));
        }
        const FileOrigin again(session.disk(), path);
        given.watch([&session, total = given.size().value_or(0)](std::uint64_t bytes) {
            session.progress().show({.doing = "checking", .bytes = bytes, .bytes_total = total, .rows = 0});
        });
        CheckReport report = TRY(check_part(&given.bytes(), again, contract.format, options, &outputs, nullptr,
                                            session.pool(), session.disk()));
        TRY(outputs.commit());
        return report;
    }

    std::string report_text(const CheckReport& report, const Contract& contract, const std::string& name,
                            double seconds, Paint paint) const {
        const PartRecord part = part_of(report, name, contract.dataset != nullptr ? contract.dataset->name : "");
        std::string out = part_text(part, fold(report.violations, report.counts), paint);
        out += "  " + paint.dim("read with " + dialect_text(report.dialect)) + "\n";
        out += (is_valid(report) ? paint.green("valid") : paint.red("not valid")) + " (" + show_span(seconds) + ")\n";
        NextSteps steps;
        if (report.rejected > 0 && rejects_.empty() && file_ != "-") {
            steps.emplace_back(fmt::format("{} --rejects rejects.csv", same_line()),
                               "writes the broken records to a file, with what is wrong");
        }
        if (contract.structure_only) {
            steps.emplace_back(fmt::format("inlet validate {} --dataset NAME", file_),
                               "checks types and constraints too; so does --schema FILE");
        }
        if (contract.dataset != nullptr && report.rejected > 0 && report.file_ok)
            out += "`inlet load` " + what_load_would_do(report, *contract.dataset);
        return out + next_steps_text(steps, paint);
    }

    std::string same_line() const {
        std::string line = "inlet validate " + file_;
        if (!dataset_.empty()) line += " --dataset " + dataset_;
        if (!schema_.empty()) line += " --schema " + schema_;
        if (!dialect_.empty()) line += " --dialect " + dialect_;
        return line;
    }

    static std::string what_load_would_do(const CheckReport& report, const Dataset& dataset) {
        switch (judge_rejects(dataset.rejects, report.rows, report.rejected, false)) {
        case RejectVerdict::pass:
            return "would publish the rest: so many rejects are allowed\n";
        case RejectVerdict::hold:
            return "would hold it for approval\n";
        case RejectVerdict::reject:
            break;
        }
        return "would reject it: so many rejects are not allowed\n";
    }

    std::string file_;
    std::string dataset_;
    std::string schema_;
    std::string dialect_;
    std::string rejects_;
    std::optional<std::int64_t> errors_max_;
};

} // namespace

void add_validate_command(Commands& commands) { commands.push_back(std::make_unique<ValidateCommand>()); }

} // namespace inlet
