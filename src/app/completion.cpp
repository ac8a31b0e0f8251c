// One table of words per command, in the three shells' languages.
#include "app/completion.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace inlet {

namespace {

std::vector<std::string> option_names(const Argument& argument) {
    std::vector<std::string> names;
    std::string rest = argument.names;
    for (auto comma = rest.find(','); comma != std::string::npos; comma = rest.find(',')) {
        names.push_back(rest.substr(0, comma));
        rest.erase(0, comma + 1);
    }
    names.push_back(rest);
    return names;
}

std::string_view names_asked_for(Completes completes) {
    switch (completes) {
    case Completes::datasets:
        return "datasets";
    case Completes::tables:
        return "tables";
    case Completes::packages:
        return "packages";
    default:
        return "";
    }
}

// Bash words that complete an argument's value.
std::string bash_words(const Argument& argument) {
    if (!argument.choices.empty())
        return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$word\"))", fmt::join(argument.choices, " "));
    if (argument.completes == Completes::files)
        return "compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$word\"))";
    const std::string_view asked = names_asked_for(argument.completes);
    if (!asked.empty())
        return fmt::format("COMPREPLY=($(compgen -W \"$(inlet completion names-{} 2>/dev/null)\" -- \"$word\"))",
                           asked);
    return "COMPREPLY=()";
}

std::string bash_script(const Commands& commands, const std::vector<Argument>& global) {
    std::string names;
    for (const auto& command : commands) names += (names.empty() ? "" : " ") + command->text().name;
    std::string out = "# Completion of inlet for bash: source <(inlet completion bash)\n_inlet() {\n"
                      "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command='' i\n"
                      "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                      "        case ${COMP_WORDS[i]} in\n";
    out += fmt::format("            {}) command=${{COMP_WORDS[i]}}; break ;;\n", [&] {
        std::string pattern = names;
        for (auto space = pattern.find(' '); space != std::string::npos; space = pattern.find(' '))
            pattern[space] = '|';
        return pattern;
    }());
    out += "        esac\n    done\n    case $command:$before in\n";
    const auto values = [&](const std::string& command, const std::vector<Argument>& arguments) {
        for (const Argument& argument : arguments) {
            if (!argument.is_option() || argument.is_flag()) continue;
            for (const std::string& name : option_names(argument))
                out += fmt::format("        {}:{}) {}; return ;;\n", command, name, bash_words(argument));
        }
    };
    for (const auto& command : commands) values(command->text().name, command->arguments());
    values("*", global);
    out += "    esac\n    case $command:$word in\n";
    const auto options = [&](std::vector<Argument> arguments) {
        arguments.insert(arguments.end(), global.begin(), global.end());
        std::string words = "--help";
        for (const Argument& argument : arguments) {
            if (argument.is_option()) words += " " + option_names(argument).back();
        }
        return words;
    };
    out += fmt::format("        :-*) COMPREPLY=($(compgen -W '--version {}' -- \"$word\")) ;;\n", options({}));
    out += fmt::format("        :*) COMPREPLY=($(compgen -W '{}' -- \"$word\")) ;;\n", names);
    for (const auto& command : commands) {
        const std::string name = command->text().name;
        const std::vector<Argument> arguments = command->arguments();
        out += fmt::format("        {}:-*) COMPREPLY=($(compgen -W '{}' -- \"$word\")) ;;\n", name, options(arguments));
        const auto first =
            std::ranges::find_if(arguments, [](const Argument& argument) { return !argument.is_option(); });
        if (first != arguments.end()) out += fmt::format("        {}:*) {} ;;\n", name, bash_words(*first));
    }
    return out + "    esac\n}\ncomplete -F _inlet inlet\n";
}

// Text inside a zsh specification 'option[text]:value:action' within single quotes.
std::string zsh_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\'')
            out += "'\\''";
        else if (c == '[' || c == ']' || c == ':')
            out += std::string("\\") + c;
        else
            out += c;
    }
    return out;
}

std::string zsh_action(const Argument& argument) {
    if (!argument.choices.empty()) return fmt::format("({})", fmt::join(argument.choices, " "));
    if (argument.completes == Completes::files) return "_files";
    const std::string_view asked = names_asked_for(argument.completes);
    return asked.empty() ? " " : fmt::format("{{_inlet_names {}}}", asked);
}

std::string zsh_specs(const std::vector<Argument>& arguments) {
    std::string out;
    for (const Argument& argument : arguments) {
        if (!argument.is_option()) {
            out += fmt::format(" \\\n                '{}:{}:{}'", argument.required ? "" : ":", zsh_text(argument.help),
                               zsh_action(argument));
            continue;
        }
        for (const std::string& name : option_names(argument)) {
            out += fmt::format(" \\\n                '{}[{}]", name, zsh_text(argument.help));
            if (!argument.is_flag()) out += fmt::format(":{}:{}", zsh_text(argument.value), zsh_action(argument));
            out += "'";
        }
    }
    return out;
}

std::string zsh_script(const Commands& commands, const std::vector<Argument>& global) {
    std::string out =
        "#compdef inlet\n# Completion of inlet for zsh: inlet completion zsh > \"${fpath[1]}/_inlet\"\n"
        "_inlet_names() {\n    local -a names\n    names=(${(f)\"$(inlet completion names-$1 2>/dev/null)\"})\n"
        "    compadd -a names\n}\n"
        "_inlet() {\n    local context state line\n    local -a commands\n    commands=(\n";
    for (const auto& command : commands)
        out += fmt::format("        '{}:{}'\n", command->text().name, zsh_text(command->text().summary));
    out += "    )\n    _arguments -C '1:command:->command' '*::argument:->arguments'\n    case $state in\n"
           "        command) _describe command commands ;;\n        arguments)\n            case $words[1] in\n";
    for (const auto& command : commands) {
        out += fmt::format("            {}) _arguments{}{} ;;\n", command->text().name, zsh_specs(command->arguments()),
                           zsh_specs(global));
    }
    return out + "            esac ;;\n    esac\n}\nif [ \"$funcstack[1]\" = _inlet ]; then _inlet \"$@\"; else "
                 "compdef _inlet inlet; fi\n";
}

std::string fish_quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + "'";
}

std::string fish_values(const Argument& argument) {
    if (!argument.choices.empty()) return " -f -a " + fish_quoted(fmt::format("{}", fmt::join(argument.choices, " ")));
    if (argument.completes == Completes::files) return " -F";
    const std::string_view asked = names_asked_for(argument.completes);
    return asked.empty() ? " -f"
                         : " -f -a " + fish_quoted(fmt::format("(inlet completion names-{} 2>/dev/null)", asked));
}

std::string fish_script(const Commands& commands, const std::vector<Argument>& global) {
    std::string out = "# Completion of inlet for fish: inlet completion fish > "
                      "~/.config/fish/completions/inlet.fish\ncomplete -c inlet -f\n";
    const auto add = [&](const std::string& condition, const Argument& argument) {
        out += "complete -c inlet" + condition;
        if (argument.is_option()) {
            for (const std::string& name : option_names(argument))
                out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
            if (!argument.is_flag()) out += " -r" + fish_values(argument);
        } else {
            out += fish_values(argument);
        }
        out += " -d " + fish_quoted(argument.help) + "\n";
    };
    for (const auto& command : commands) {
        const CommandText text = command->text();
        out += fmt::format("complete -c inlet -n __fish_use_subcommand -a {} -d {}\n", text.name,
                           fish_quoted(text.summary));
        const std::vector<Argument> arguments = command->arguments();
        for (const Argument& argument : arguments)
            add(fmt::format(" -n '__fish_seen_subcommand_from {}'", text.name), argument);
    }
    for (const Argument& argument : global) add("", argument);
    return out;
}

} // namespace

std::string completion_script(const std::string& shell, const Commands& commands, const std::vector<Argument>& global) {
    if (shell == "zsh") return zsh_script(commands, global);
    return shell == "fish" ? fish_script(commands, global) : bash_script(commands, global);
}

} // namespace inlet
