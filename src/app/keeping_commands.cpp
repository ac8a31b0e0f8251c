// `inlet backup`, `restore`, `verify`: keeping what was received.
#include <filesystem>

#include <fmt/format.h>

#include "app/backups.hpp"
#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/display_text.hpp"
#include "app/figures.hpp"
#include "app/session.hpp"
#include "app/text_table.hpp"
#include "base/json_writer.hpp"
#include "objects/directory/directory_store.hpp"
#include "pipeline/keeping_json.hpp"

namespace inlet {

namespace {

// A project that a server works on is backed up by that server.
Error name_the_server(Error error, const std::string& path) {
    if (error.code != FailureCode::project_locked) return error;
    error.message += fmt::format("; if that is `inlet serve`, let it make the backup itself: "
                                 "curl -X POST -H \"Authorization: Bearer $KEY\" 'http://ADDRESS/v1/backups?dir={}'",
                                 path);
    return error;
}

std::string findings_text(const std::vector<Error>& findings, Paint paint) {
    std::string out;
    for (const Error& error : findings)
        out += fmt::format("{} {}\n", paint.red(std::string(failure_info(error.code).code)), printable(error.message));
    return out;
}

class BackupCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "backup",
                .group = "Keeping",
                .summary = "copy everything that was received and published into a folder",
                .description =
                    "Each run makes a generation, which is complete or not there. Generations in one folder share the "
                    "files they have in common: only what is new is copied, and each is held against its hash. While a "
                    "server works on the project, it makes the backup itself: POST /v1/backups?dir=DIR.\n\n"
                    "Exit codes: 0 complete; 1 complete but for files that were damaged before.",
                .examples = {{"inlet backup /mnt/backup", "a new generation"},
                             {"inlet backup /mnt/backup --keep 7", "and only the last seven stay"}}};
    }

    std::vector<Argument> arguments() override {
        return {{.names = "DIR",
                 .help = "the folder of the backups",
                 .into = &folder_,
                 .completes = Completes::files,
                 .required = true},
                {.names = "--keep",
                 .value = "N",
                 .help = "generations to keep; without it, all",
                 .into = &keep_,
                 .least = 1}};
    }

    Result<int> run(Session& session) override {
        const Timestamp start = session.clock().now();
        const std::string path = std::filesystem::absolute(folder_).string();
        Result<Pipeline*> pipeline = session.pipeline();
        if (!pipeline) return fail(name_the_server(std::move(pipeline.error()), path));
        session.interrupts().say("a backup that is not complete is none; the next one removes what it left");
        const BackupReport report =
            TRY(back_up(session, **pipeline, path, static_cast<std::size_t>(keep_.value_or(0))));
        session.progress().clear();
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            write_backup(json, report);
            TRY(console.print(json));
        } else {
            const BackupManifest& manifest = report.manifest;
            TRY(console.tell(fmt::format(
                "{}{} generation {}: {} ({}), of which {} new ({}); catalog {}, warehouse {}; {}\n",
                findings_text(report.damaged, console.paint()),
                report.damaged.empty() ? console.paint().green("complete")
                                       : console.paint().red("damaged files left out"),
                manifest.generation, show_count(manifest.objects, "file"), show_bytes(manifest.object_bytes),
                show_count(report.new_objects), show_bytes(report.new_bytes),
                show_bytes(manifest.files.at(kBackupCatalog).bytes),
                show_bytes(manifest.files.at(kBackupWarehouse).bytes), show_span(session.seconds_since(start)))));
        }
        return report.damaged.empty() ? kDone : kNotPassed;
    }

private:
    std::string folder_;
    std::optional<std::int64_t> keep_;
};

Status print_verification(Console& console, const Verification& found, std::optional<std::int64_t> generation) {
    if (console.json()) {
        JsonWriter json;
        write_verification(json, found, generation);
        return console.print(json);
    }
    std::string text = findings_text(found.findings, console.paint());
    text += fmt::format("{}: {} ({}), {}, counts of {}\n",
                        found.findings.empty() ? console.paint().green("all is right")
                                               : console.paint().red(show_count(found.findings.size(), "finding")),
                        show_count(found.objects, "file"), show_bytes(found.object_bytes),
                        show_count(found.submissions, "submission"), show_count(found.versions, "version"));
    if (found.unneeded_objects > 0)
        text += fmt::format("{} that nothing refers to: `inlet prune` removes them\n",
                            show_count(found.unneeded_objects, "file"));
    return console.tell(text);
}

class RestoreCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "restore",
                .group = "Keeping",
                .summary = "fill an empty data folder from a backup",
                .description =
                    "The folder is the one that the project file names. Every file is held against its hash, what a "
                    "submission was doing when the backup was made is settled by what the warehouse holds, and then "
                    "everything is verified. A restore that was cut off can be run again.\n\n"
                    "Exit codes: 0 all is right; 1 restored, but something is missing or damaged.",
                .examples = {{"inlet restore /mnt/backup", "the newest generation"},
                             {"inlet restore /mnt/backup --list", "those there are"},
                             {"inlet restore /mnt/backup --generation 12", "an older one"}}};
    }

    std::vector<Argument> arguments() override {
        return {{.names = "DIR",
                 .help = "the folder of the backups",
                 .into = &folder_,
                 .completes = Completes::files,
                 .required = true},
                {.names = "--generation",
                 .value = "N",
                 .help = "which one; without it, the newest",
                 .into = &generation_,
                 .least = 1},
                {.names = "--list", .help = "show the generations; restore nothing", .into = &list_}};
    }

    Result<int> run(Session& session) override {
        const auto backups = TRY(Backups::open(session, folder_));
        if (list_) return list(session.console(), backups->folder());
        session.interrupts().say("the data folder is not whole; run the same command again");
        RestoreReport report;
        {
            const std::string data = TRY(session.take_data_folder());
            const auto objects = TRY(open_directory_store(session.disk(), session.clock(), data + "/objects"));
            report = TRY(restore_backup(session.disk(), backups->folder(), generation_, data, *objects));
        }
        Pipeline* pipeline = TRY(session.pipeline()); // settles what was under way
        Verification found = TRY(pipeline->verify());
        found.findings.insert(found.findings.begin(), report.damaged.begin(), report.damaged.end());
        session.progress().clear();
        session.console().note(fmt::format("restored generation {} of {}", report.manifest.generation,
                                           show_moment(report.manifest.begun_at)));
        TRY(print_verification(session.console(), found, report.manifest.generation));
        return found.findings.empty() ? kDone : kNotPassed;
    }

private:
    static Result<int> list(Console& console, const BackupFolder& folder) {
        const std::vector<BackupManifest> generations = TRY(folder.generations());
        if (console.json()) {
            JsonWriter json;
            json.begin_object().key("generations").begin_array();
            for (const BackupManifest& manifest : generations) {
                json.begin_object().member("generation", manifest.generation);
                json.member("begun_at", iso_moment(manifest.begun_at)).member("program", manifest.program);
                json.member("objects", manifest.objects).member("object_bytes", manifest.object_bytes).end_object();
            }
            json.end_array().end_object();
            TRY(console.print(json));
            return kDone;
        }
        TextTable table(
            {{"generation", Align::right}, {"begun"}, {"files", Align::right}, {"bytes", Align::right}, {"by"}});
        for (const BackupManifest& manifest : generations) {
            table.add({std::to_string(manifest.generation), show_moment(manifest.begun_at),
                       show_count(manifest.objects), show_bytes(manifest.object_bytes), printable(manifest.program)});
        }
        TRY(console.print(table.render(console.terminal().out ? console.terminal().width : 0, console.paint())));
        return kDone;
    }

    std::string folder_;
    std::optional<std::int64_t> generation_;
    bool list_ = false;
};

class VerifyCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "verify",
                .group = "Keeping",
                .summary = "hold everything that is kept against its hash, and the stores against each other",
                .description =
                    "Reads every kept file; looks whether each submission has the files that its record names, whether "
                    "catalog and warehouse agree on what is published and what is undone, and whether the rows that "
                    "came and went with each version are as many as it counts. Changes nothing.\n\n"
                    "Exit codes: 0 all is right, 1 something is not.",
                .examples = {{"inlet verify", "what is wrong, if anything"}, {"inlet verify --json", "for a program"}}};
    }

    Result<int> run(Session& session) override {
        Pipeline* pipeline = TRY(session.pipeline());
        const Verification found = TRY(pipeline->verify());
        session.progress().clear();
        TRY(print_verification(session.console(), found, std::nullopt));
        return found.findings.empty() ? kDone : kNotPassed;
    }
};

} // namespace

void add_keeping_commands(Commands& commands) {
    commands.push_back(std::make_unique<BackupCommand>());
    commands.push_back(std::make_unique<RestoreCommand>());
    commands.push_back(std::make_unique<VerifyCommand>());
}

} // namespace inlet
