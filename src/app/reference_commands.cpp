// `inlet failures`, `completion`: what the program knows of itself.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/completion.hpp"
#include "app/console.hpp"
#include "app/help.hpp"
#include "app/session.hpp"
#include "app/text_table.hpp"
#include "contract/reading/nearest.hpp"

namespace inlet {

namespace {

class FailuresCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "failures",
                .group = "Reference",
                .summary = "the list of failure codes, what each means and what to do",
                .description = "Every failure that Inlet reports carries one of these codes. A code keeps its name and "
                               "its meaning for good.",
                .examples = {{"inlet failures", "all of them"},
                             {"inlet failures undo-conflict", "one of them"},
                             {"inlet failures --json", "for a program; the same as docs/failures.json"}}};
    }

    std::vector<Argument> arguments() override { return {{.names = "CODE", .help = "only this one", .into = &code_}}; }

    Reach reach() const override { return Reach::nowhere; }

    Result<int> run(Session& session) override {
        std::vector<const FailureInfo*> wanted;
        std::vector<std::string_view> codes;
        for (const FailureInfo& info : all_failures()) {
            codes.push_back(info.code);
            if (code_.empty() || info.code == code_) wanted.push_back(&info);
        }
        if (wanted.empty()) {
            const std::string hint = reading::did_you_mean(code_, codes);
            return fail(FailureCode::bad_argument,
                        fmt::format("there is no code `{}`{}{}", code_, hint.empty() ? "" : "; ", hint));
        }
        Console& console = session.console();
        if (console.json()) {
            std::string text = "[";
            for (const FailureInfo* info : wanted) {
                JsonWriter json;
                json.begin_object().member("code", info->code).member("kind", failure_kind_name(info->kind));
                json.member("http_status", info->http_status).member("exit_code", failure_kind_exit_code(info->kind));
                json.member("meaning", info->meaning).member("what_to_do", info->what_to_do).end_object();
                text += (text.size() > 1 ? ",\n" : "\n") + json.take();
            }
            TRY(console.print(text + "\n]\n"));
            return kDone;
        }
        const std::size_t width = console.terminal().out ? console.terminal().width : 0;
        const Paint paint = console.paint();
        if (!code_.empty()) {
            const FailureInfo& info = *wanted.front();
            TRY(console.print(fmt::format("{}\n  {}\n  {} {}\n  {} {}, exit code {}, HTTP status {}\n",
                                          paint.bold(info.code), info.meaning, paint.dim("what to do:"),
                                          info.what_to_do, paint.dim("kind:"), failure_kind_name(info.kind),
                                          failure_kind_exit_code(info.kind), info.http_status)));
            return kDone;
        }
        TextTable table({{"code"}, {"kind"}, {"exit", Align::right}, {"meaning"}});
        for (const FailureInfo* info : wanted) {
            table.add({info->code, failure_kind_name(info->kind), std::to_string(failure_kind_exit_code(info->kind)),
                       info->meaning});
        }
        TRY(console.print(table.render(width, paint)));
        return kDone;
    }

private:
    std::string code_;
};

class CompletionCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "completion",
                .group = "Reference",
                .summary = "a script that lets the shell complete inlet's command lines",
                .description = "Prints the script for bash, zsh or fish. It completes commands, options, files and the "
                               "names of the project's datasets.",
                .examples = {{"source <(inlet completion bash)", "for this shell; in ~/.bashrc for every one"},
                             {"inlet completion zsh > \"${fpath[1]}/_inlet\"", "zsh"},
                             {"inlet completion fish > ~/.config/fish/completions/inlet.fish", "fish"}}};
    }

    std::vector<Argument> arguments() override {
        return {{.names = "SHELL",
                 .help = "bash, zsh or fish",
                 .into = &shell_,
                 .completes = Completes::choices,
                 .required = true}};
    }

    Reach reach() const override { return Reach::nowhere; }

    Result<int> run(Session& session) override {
        if (shell_.starts_with("names-")) return names(session);
        static constexpr std::array<std::string_view, 3> kShells{"bash", "zsh", "fish"};
        if (std::ranges::find(kShells, shell_) == kShells.end()) {
            return fail(FailureCode::bad_argument, fmt::format("SHELL is `{}`; bash, zsh or fish is expected", shell_));
        }
        GlobalOptions scratch;
        const std::string script = completion_script(shell_, make_commands(), global_arguments(scratch));
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            json.begin_object().member("shell", shell_).member("script", script).end_object();
            TRY(console.print(json));
            return kDone;
        }
        TRY(console.print(script));
        return kDone;
    }

private:
    // What the scripts ask for: the project's names, one a line.
    Result<int> names(Session& session) const {
        const Project* project = TRY(session.project());
        std::string text;
        const auto add = [&](const auto& items) {
            for (const auto& item : items) text += item.name + "\n";
        };
        if (shell_ == "names-packages")
            add(project->packages);
        else
            add(project->datasets);
        if (shell_ == "names-tables") add(project->models);
        TRY(session.console().print(text));
        return kDone;
    }

    std::string shell_;
};

} // namespace

void add_reference_commands(Commands& commands) {
    commands.push_back(std::make_unique<FailuresCommand>());
    commands.push_back(std::make_unique<CompletionCommand>());
}

} // namespace inlet
