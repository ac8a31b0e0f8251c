// Lays out help: usage, then two columns of names and explanations.
#include "app/help.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "app/display_text.hpp"

namespace inlet {

namespace {

constexpr std::size_t kTextWidthMax = 100;

using Line = std::pair<std::string, std::string>; // name, explanation

std::string columns(const std::vector<Line>& lines, Paint paint, std::size_t width) {
    std::size_t names = 0;
    for (const auto& [name, text] : lines) names = std::max(names, display_width(name));
    names = std::min<std::size_t>(names, 30);
    std::string out;
    for (const auto& [name, text] : lines) {
        out += "  " + paint.cyan(name);
        if (display_width(name) > names) {
            out += "\n" + std::string(names + 4, ' ');
        } else {
            out += std::string(names - display_width(name) + 2, ' ');
        }
        out += wrapped(text, names + 4, width) + "\n";
    }
    return out;
}

Line option_line(const Argument& argument) {
    std::string name = argument.names;
    if (const auto comma = name.find(','); comma != std::string::npos) name.insert(comma + 1, " ");
    if (argument.is_option() && !argument.is_flag()) name += " " + argument.value;
    std::string help = argument.help;
    if (!argument.choices.empty()) help += fmt::format(" ({})", fmt::join(argument.choices, ", "));
    return {name, help};
}

std::string usage_of(const std::string& name, const std::vector<Argument>& arguments) {
    std::string usage = "inlet " + name;
    for (const Argument& argument : arguments) {
        if (!argument.is_option()) usage += argument.required ? " " + argument.names : " [" + argument.names + "]";
    }
    if (std::ranges::any_of(arguments, &Argument::is_option)) usage += " [OPTIONS]";
    return usage;
}

} // namespace

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
    const std::size_t room = std::max<std::size_t>(std::min(width, kTextWidthMax), indent + 20) - indent;
    std::string out;
    std::size_t used = 0;
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of(" \n"), text.size());
        const std::string_view word = text.substr(0, end);
        const std::size_t word_width = display_width(word);
        if (used > 0 && used + 1 + word_width > room) {
            out += "\n" + std::string(indent, ' ');
            used = 0;
        }
        if (used > 0) out += ' ';
        out += word;
        used += word_width + (used > 0 ? 1 : 0);
        if (end < text.size() && text[end] == '\n') {
            out += "\n" + std::string(indent, ' ');
            used = 0;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string overview_help(const Commands& commands, const std::vector<Argument>& global, Paint paint,
                          std::size_t width) {
    std::string out =
        "Inlet takes in other people's data: it checks every record against a contract, says exactly what failed,\n"
        "and publishes what is good as one version that can be undone.\n\n";
    out += paint.bold("Usage:") + " inlet COMMAND [ARGUMENTS] [OPTIONS]\n";
    std::vector<std::string> groups;
    for (const auto& command : commands) {
        const std::string group = command->text().group;
        if (std::ranges::find(groups, group) == groups.end()) groups.push_back(group);
    }
    std::size_t names = 0;
    for (const auto& command : commands) names = std::max(names, command->text().name.size());
    for (const std::string& group : groups) {
        out += "\n" + paint.bold(group) + "\n";
        std::vector<Line> lines;
        for (const auto& command : commands) {
            const CommandText text = command->text();
            if (text.group == group) lines.emplace_back(pad_right(text.name, names), text.summary);
        }
        out += columns(lines, paint, width);
    }
    std::vector<Line> lines;
    for (const Argument& argument : global) lines.push_back(option_line(argument));
    out += "\n" + paint.bold("Options of every command") + "\n" + columns(lines, paint, width);
    out += "\n`inlet COMMAND --help` says more of one, with examples.\n"
           "Exit codes: 0 done, 1 the data did not pass, 2 usage or configuration, 3 the system failed.\n";
    return out;
}

std::string command_help(Command& command, const std::vector<Argument>& global, Paint paint, std::size_t width) {
    const CommandText text = command.text();
    const std::vector<Argument> arguments = command.arguments();
    std::string out = paint.bold("Usage:") + " " + usage_of(text.name, arguments) + "\n\n";
    out += wrapped(text.description, 0, width) + "\n";
    const auto section = [&](std::string_view title, const std::vector<Argument>& list, bool options) {
        std::vector<Line> lines;
        for (const Argument& argument : list) {
            if (argument.is_option() == options) lines.push_back(option_line(argument));
        }
        if (!lines.empty()) out += "\n" + paint.bold(title) + "\n" + columns(lines, paint, width);
    };
    section("Arguments", arguments, false);
    section("Options", arguments, true);
    section("Options of every command", global, true);
    if (!text.examples.empty()) {
        out += "\n" + paint.bold("Examples") + "\n";
        for (const auto& [line, what] : text.examples) {
            out += fmt::format("  {}\n      {}\n", line, paint.dim(wrapped(what, 6, width)));
        }
    }
    return out;
}

} // namespace inlet
