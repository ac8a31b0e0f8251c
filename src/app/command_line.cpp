// Parsing with CLI11, which no other file knows. All values are taken as text and read here, so that what is wrong with
// them is said in our words.
#include "app/command_line.hpp"

#include <csignal>
#include <cstdlib>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <exception>
#include <new>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/console.hpp"
#include "app/help.hpp"
#include "app/interrupts.hpp"
#include "app/session.hpp"
#include "base/byte_count.hpp"
#include "contract/reading/nearest.hpp"

namespace inlet {

namespace {

constexpr std::size_t kOutBufferBytes = 64 << 10;
constexpr int kReaderGone = 141; // what a shell reports of a program that SIGPIPE ended
constexpr std::size_t kMemoryDefault = 256 << 20;
constexpr std::uint64_t kMemoryLeast = 64 << 20;
constexpr std::int64_t kThreadsMost = 1024;

// An argument while its words are collected.
struct Slot {
    Argument argument;
    CLI::Option* option = nullptr;
    std::string text;
    bool flag = false;
};

CLI::Option* add_slot(CLI::App& app, Slot& slot) {
    const Argument& argument = slot.argument;
    if (argument.is_flag()) return app.add_flag(argument.names, slot.flag);
    // CLI11 tells a positional argument by a name without dashes.
    CLI::Option* option = app.add_option(argument.names, slot.text);
    option->type_name(argument.is_option() ? argument.value : "");
    return option;
}

std::string shown_name(const Argument& argument) { return argument.names.substr(argument.names.rfind(',') + 1); }

Status read_slot(const Slot& slot) {
    const Argument& argument = slot.argument;
    const std::string name = shown_name(argument);
    if (slot.option->count() == 0) {
        if (argument.required) return usage_error(fmt::format("{} is missing", name));
        return {};
    }
    if (auto* const* flag = std::get_if<bool*>(&argument.into)) {
        **flag = slot.flag;
        return {};
    }
    if (auto* const* number = std::get_if<std::optional<std::int64_t>*>(&argument.into)) {
        std::int64_t value = 0;
        const char* end = slot.text.data() + slot.text.size();
        const auto [stop, error] = std::from_chars(slot.text.data(), end, value);
        if (error != std::errc{} || stop != end || value < argument.least) {
            return fail(FailureCode::bad_argument, fmt::format("{} is `{}`; a whole number from {} up is expected",
                                                               name, slot.text, argument.least));
        }
        **number = value;
        return {};
    }
    if (!argument.choices.empty() && std::ranges::find(argument.choices, slot.text) == argument.choices.end()) {
        std::vector<std::string_view> choices(argument.choices.begin(), argument.choices.end());
        std::string hint = reading::did_you_mean(slot.text, choices);
        return fail(FailureCode::bad_argument, fmt::format("{} is `{}`; {} is expected{}{}", name, slot.text,
                                                           reading::one_of(choices), hint.empty() ? "" : "; ", hint));
    }
    *std::get<std::string*>(argument.into) = slot.text;
    return {};
}

// The first word that nothing took.
Error unexpected_word(const std::string& word, const Command* command, const std::deque<Slot>& slots,
                      const Commands& commands) {
    std::vector<std::string> known;
    std::string message;
    if (word.starts_with('-')) {
        message = fmt::format("there is no option `{}`", word.substr(0, word.find('=')));
        for (const Slot& slot : slots) {
            if (slot.argument.is_option()) known.push_back(shown_name(slot.argument));
        }
    } else if (command == nullptr) {
        message = fmt::format("there is no command `{}`", word);
        for (const auto& each : commands) known.push_back(each->text().name);
    } else {
        return {FailureCode::usage_error,
                fmt::format("`{}` is one argument too many for `inlet {}`", word, command->text().name)};
    }
    const std::vector<std::string_view> views(known.begin(), known.end());
    const std::string hint = reading::did_you_mean(word.substr(0, word.find('=')), views);
    return {FailureCode::usage_error, message + (hint.empty() ? "" : "; " + hint)};
}

ColorMode color_mode(const std::string& word) {
    if (word == "always") return ColorMode::always;
    return word == "never" ? ColorMode::never : ColorMode::automatic;
}

std::string given_or(const std::string& option, const char* variable) {
    const char* set = std::getenv(variable);
    return option.empty() && set != nullptr ? set : option;
}

// A server is not asked what it cannot answer.
Status check_reach(const Command& command, const client::ServerAddress& server) {
    if (server.url.empty() || command.reach() != Reach::data_folder) return {};
    return fail(FailureCode::not_supported,
                fmt::format("`inlet {}` works on a project's data folder itself, and cannot be asked of a server ({}): "
                            "run it on the server's machine, without --server and INLET_SERVER",
                            command.text().name, server.url));
}

Result<SessionSettings> session_settings(const GlobalOptions& options) {
    SessionSettings settings;
    settings.project = options.project;
    settings.memory_bytes = kMemoryDefault;
    if (!options.memory.empty()) {
        const auto bytes = read_bytes(options.memory);
        if (!bytes || *bytes < kMemoryLeast) {
            return fail(
                FailureCode::bad_argument,
                fmt::format("--memory is `{}`; a size such as 512MiB is expected, at least 64MiB", options.memory));
        }
        settings.memory_bytes = *bytes;
    }
    if (options.threads.value_or(1) > kThreadsMost) {
        return fail(FailureCode::bad_argument,
                    fmt::format("--threads is {}; at most {} is allowed", *options.threads, kThreadsMost));
    }
    const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
    settings.threads = options.threads ? static_cast<std::size_t>(*options.threads) : cores;
    if (options.wait) settings.wait_seconds = static_cast<double>(*options.wait);
    settings.server = {.url = given_or(options.server, "INLET_SERVER"),
                       .key = given_or(options.key, "INLET_KEY"),
                       .authority = given_or(options.authority, "INLET_CA")};
    return settings;
}

// What could not be done, on standard error for a person, with --json also as the result: in place of one that was
// begun, unless a part of that is written already.
int report(Console& console, DescriptorSink& out, const Error& error) {
    if (console.json() && out.take_back()) {
        JsonWriter json;
        json.begin_object().key("error");
        write_error(json, error);
        json.end_object();
        (void)console.print(json);
    }
    console.warn(error_text(error, console.err_paint()));
    return exit_code_of(error.code);
}

// The top of the run: nothing above catches. What a library throws is caught where it is called; what arrives here is
// memory that could not be had, or a fault of ours.
Result<int> run_guarded(Command& command, Session& session) {
    try {
        return command.run(session);
    } catch (const std::bad_alloc&) {
        return fail(FailureCode::out_of_memory_limit, "the machine has no memory left for this");
    } catch (const std::exception& exception) {
        return fail(FailureCode::internal, exception.what());
    }
}

int run_parsed(const Result<ParsedLine>& line, const GlobalOptions& options, const Commands& commands, Console& console,
               DescriptorSink& out) {
    if (!line) return report(console, out, line.error());
    if (line->version) {
        (void)console.print(fmt::format("inlet {}\n", kProgramVersion));
        return kDone;
    }
    GlobalOptions scratch;
    const std::size_t width = console.terminal().width;
    if (line->help && line->command != nullptr) {
        (void)console.print(command_help(*line->command, global_arguments(scratch), console.paint(), width));
        return kDone;
    }
    if (line->command == nullptr) {
        const std::string help = overview_help(commands, global_arguments(scratch),
                                               line->help ? console.paint() : console.err_paint(), width);
        if (line->help) {
            (void)console.print(help);
            return kDone;
        }
        console.warn(help);
        return exit_code_of(FailureCode::usage_error);
    }
    auto settings = session_settings(options);
    if (!settings) return report(console, out, settings.error());
    if (Status allowed = check_reach(*line->command, settings->server); !allowed)
        return report(console, out, allowed.error());
    Interrupts interrupts;
    Session session(std::move(*settings), console, interrupts);
    const Result<int> outcome = run_guarded(*line->command, session);
    session.progress().clear();
    if (outcome) return *outcome;
    return out.reader_gone() ? kReaderGone : report(console, out, outcome.error());
}

} // namespace

std::vector<Argument> global_arguments(GlobalOptions& options) {
    return {
        {.names = "--project",
         .value = "PATH",
         .help = "the project file or its folder; else inlet.yaml here or in a folder above",
         .into = &options.project,
         .completes = Completes::files},
        {.names = "--json", .help = "answer in JSON, on standard output", .into = &options.json},
        {.names = "-q,--quiet",
         .help = "no reports, notes and progress: only what was asked for, and errors",
         .into = &options.quiet},
        {.names = "--color",
         .value = "WHEN",
         .help = "colours; auto heeds NO_COLOR",
         .into = &options.color,
         .completes = Completes::choices,
         .choices = {"auto", "always", "never"}},
        {.names = "--threads",
         .value = "N",
         .help = "threads that work; else as many as there are cores",
         .into = &options.threads,
         .least = 1},
        {.names = "--memory",
         .value = "SIZE",
         .help = "what the database may hold in memory; else 256MiB",
         .into = &options.memory},
        {.names = "--wait",
         .value = "SECONDS",
         .help = "how long to wait while another process uses the project, else 2; or while a server is away, else 300",
         .into = &options.wait},
        {.names = "--server",
         .value = "URL",
         .help = "ask this server instead of the project here; else INLET_SERVER",
         .into = &options.server},
        {.names = "--key",
         .value = "KEY",
         .help = "the key that the server knows us by; else INLET_KEY, which other users cannot see",
         .into = &options.key},
        {.names = "--ca",
         .value = "FILE",
         .help = "certificates that vouch for the server, instead of the system's; else INLET_CA",
         .into = &options.authority,
         .completes = Completes::files},
    };
}

Result<ParsedLine> parse_line(const std::vector<std::string>& words, GlobalOptions& options, const Commands& commands) {
    CLI::App app;
    ParsedLine parsed;
    app.set_help_flag("-h,--help");
    bool version = false;
    app.add_flag("--version", version);
    app.allow_extras();
    app.fallthrough();
    app.require_subcommand(0, 1);
    std::deque<Slot> globals; // a deque: options point to its items
    for (Argument& argument : global_arguments(options)) {
        Slot& slot = globals.emplace_back(Slot{.argument = std::move(argument)});
        slot.option = add_slot(app, slot);
    }
    std::deque<std::deque<Slot>> slots;
    std::vector<CLI::App*> apps;
    for (const auto& command : commands) {
        CLI::App* const sub = app.add_subcommand(command->text().name);
        apps.push_back(sub);
        auto& own = slots.emplace_back();
        for (Argument& argument : command->arguments()) {
            Slot& slot = own.emplace_back(Slot{.argument = std::move(argument)});
            slot.option = add_slot(*sub, slot);
        }
    }
    std::optional<Error> misfit;
    try {
        app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    } catch (const CLI::CallForHelp&) {
        parsed.help = true;
    } catch (const CLI::ParseError& error) {
        // "--dataset: 1 required NAME missing"; "--dataset: ..." for one given twice.
        const std::string text = error.what();
        const bool missing = text.find("missing") != std::string::npos || text.find("required") != std::string::npos;
        const std::string name = text.substr(0, text.find(':'));
        misfit = Error(FailureCode::usage_error,
                       missing && name.starts_with('-') ? fmt::format("{} needs a value", name) : text);
    }
    std::size_t index = commands.size();
    for (std::size_t i = 0; i < apps.size(); ++i) {
        if (apps[i]->parsed()) index = i;
    }
    if (index < commands.size()) parsed.command = commands[index].get();
    if (parsed.help) return parsed;
    if (misfit) return fail(*misfit);
    std::deque<Slot> known = globals;
    if (index < commands.size()) known.insert(known.end(), slots[index].begin(), slots[index].end());
    const std::vector<std::string> extras = app.remaining(true);
    for (const std::string& word : extras) {
        if (word != "--") return fail(unexpected_word(word, parsed.command, known, commands));
    }
    parsed.version = version;
    for (const Slot& slot : known) TRY(read_slot(slot));
    return parsed;
}

int run_command_line(const std::vector<std::string>& words) {
    std::signal(SIGPIPE, SIG_IGN); // a reader that goes away is noticed at the next write
    const Commands commands = make_commands();
    GlobalOptions options;
    const Result<ParsedLine> line = parse_line(words, options, commands);
    // A line that cannot be understood is still answered in the form that it asks for.
    if (!line) options.json = std::ranges::find(words, "--json") != words.end();
    // A person sees results and notes in the order in which they come.
    const Terminal terminal = find_terminal();
    DescriptorSink out(STDOUT_FILENO, terminal.out ? 0 : kOutBufferBytes);
    DescriptorSink err(STDERR_FILENO, 0);
    Console console(console_settings(options.json, options.quiet, color_mode(options.color), terminal), terminal, out,
                    err);
    int exit_code = run_parsed(line, options, commands, console, out);
    if (const Status flushed = out.flush(); !flushed && !out.reader_gone()) {
        console.warn(error_text(flushed.error(), console.err_paint()));
        exit_code = exit_code_of(flushed.error().code);
    }
    return out.reader_gone() ? kReaderGone : exit_code;
}

} // namespace inlet
