// `inlet check`: is the project file right?
#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/figures.hpp"
#include "app/session.hpp"
#include "pipeline/sql_check.hpp"

namespace inlet {

namespace {

void write_mistakes(JsonWriter& json, const std::vector<Diagnostic>& mistakes) {
    json.key("mistakes").begin_array();
    for (const Diagnostic& mistake : mistakes) {
        json.begin_object().member("file", mistake.file).member("line", mistake.line).member("column", mistake.column);
        json.member("message", mistake.message).key("suggestion");
        if (mistake.suggestion.empty())
            json.null();
        else
            json.value(mistake.suggestion);
        json.end_object();
    }
    json.end_array();
}

template <class Items>
void write_names(JsonWriter& json, std::string_view key, const Items& items) {
    json.key(key).begin_array();
    for (const auto& item : items) json.value(item.name);
    json.end_array();
}

class CheckCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "check",
                .group = "Before loading",
                .summary = "check the project file and everything it names",
                .description = "Reads inlet.yaml with the schemas and the SQL files that it names, and reports every "
                               "mistake at once: file, line, "
                               "column, what was expected, and the nearest right word. The SQL of models and views is "
                               "tried on empty tables. The project's data is not opened.",
                .examples = {{"inlet check", "the project in this folder, or in the nearest one above"},
                             {"inlet check --project examples/movies", "another one"},
                             {"inlet check --json-schema > inlet.schema.json",
                              "the form of inlet.yaml, for an editor that completes it"}}};
    }

    std::vector<Argument> arguments() override {
        return {
            {.names = "--json-schema", .help = "print the JSON Schema of inlet.yaml instead", .into = &json_schema_}};
    }

    Reach reach() const override { return Reach::nowhere; }

    Result<int> run(Session& session) override {
        Console& console = session.console();
        if (json_schema_) {
            TRY(console.print(std::string(project_json_schema()) + "\n"));
            return kDone;
        }
        const std::string path = TRY(session.project_path());
        const auto project = session.checked_project(path);
        if (!project) return wrong(console, path, project.error());
        const std::vector<Diagnostic> mistakes = TRY(sql_mistakes(session, **project));
        if (!mistakes.empty()) return wrong(console, path, mistakes);
        if (console.json()) {
            JsonWriter json;
            json.begin_object().member("valid", true).member("project", (*project)->name).member("file", path);
            write_names(json, "datasets", (*project)->datasets);
            write_names(json, "packages", (*project)->packages);
            write_names(json, "models", (*project)->models);
            write_names(json, "views", (*project)->views);
            json.key("mistakes").begin_array().end_array().end_object();
            TRY(console.print(json));
            return kDone;
        }
        TRY(console.tell(
            fmt::format("{} is right: {}, {}, {}, {}\n", path, show_count((*project)->datasets.size(), "dataset"),
                        show_count((*project)->packages.size(), "package"),
                        show_count((*project)->models.size(), "model"), show_count((*project)->views.size(), "view"))));
        return kDone;
    }

private:
    static Result<std::vector<Diagnostic>> sql_mistakes(Session& session, const Project& project) {
        std::vector<Diagnostic> mistakes;
        if (project.models.empty() && project.views.empty()) return mistakes;
        const auto scratch = TRY(session.scratch_warehouse());
        for (SqlMistake& found : TRY(try_sql(project, *scratch))) {
            const SqlPlace& place = session.sql_places().at(found.name);
            Diagnostic mistake{.file = place.file, .line = place.line, .column = place.column};
            const std::string_view what = project.model(found.name) != nullptr ? "model" : "view";
            if (place.own_file && found.line) {
                mistake.line = *found.line;
            } else if (found.line && *found.line > 1) {
                found.message += fmt::format(" (in line {} of the SQL)", *found.line);
            }
            mistake.message = fmt::format("{} `{}`: {}", what, found.name, found.message);
            mistakes.push_back(std::move(mistake));
        }
        return mistakes;
    }

    static Result<int> wrong(Console& console, const std::string& path, const std::vector<Diagnostic>& mistakes) {
        const int exit_code = exit_code_of(FailureCode::project_invalid);
        if (console.json()) {
            JsonWriter json;
            json.begin_object().member("valid", false).member("file", path);
            write_mistakes(json, mistakes);
            json.key("error");
            write_error(json, to_error(mistakes));
            json.end_object();
            TRY(console.print(json));
        }
        const Paint paint = console.err_paint();
        for (const Diagnostic& mistake : mistakes) {
            std::string place = mistake.file;
            if (mistake.line > 0) place += fmt::format(":{}:{}", mistake.line, mistake.column);
            console.warn(fmt::format("{}: {}{}{}\n", paint.bold(place), mistake.message,
                                     mistake.suggestion.empty() ? "" : "; ", paint.yellow(mistake.suggestion)));
        }
        console.warn(fmt::format("{} {}\n", paint.bold(paint.red("error:")), show_count(mistakes.size(), "mistake")));
        return exit_code;
    }

    bool json_schema_ = false;
};

} // namespace

void add_check_commands(Commands& commands) { commands.push_back(std::make_unique<CheckCommand>()); }

} // namespace inlet
