// What a command is: its words, its arguments as data (from which parsing, --help and shell completion are made), and
// what it does. Floor 7.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace inlet {

class Session;

// The ends of a run; see also exit_code_of() for errors.
inline constexpr int kDone = 0;
inline constexpr int kNotPassed = 1; // the data did not pass

// What a shell offers for an argument.
enum class Completes : std::uint8_t { nothing, files, datasets, tables, packages, choices };

struct Argument {
    std::string
        names; // of an option: "--dataset", "-n,--limit"; of a positional argument what the help calls it: "FILE"
    std::string value; // what the help calls an option's value: "NAME"; empty: a flag, or a positional argument
    std::string help;
    // Set when the argument is given. A number is at least `least`.
    std::variant<bool*, std::string*, std::optional<std::int64_t>*> into;
    Completes completes = Completes::nothing;
    std::vector<std::string> choices{}; // the values allowed; empty: any
    std::int64_t least = 0;
    bool required = false;

    bool is_option() const { return names.starts_with('-'); }
    bool is_flag() const { return std::holds_alternative<bool*>(into); }
};

struct CommandText {
    std::string name;
    std::string group;   // heading in the overview
    std::string summary; // one line, without a full stop
    std::string description;
    std::vector<std::pair<std::string, std::string>> examples; // command line, what it does
};

// Where what a command works on may be.
enum class Reach : std::uint8_t {
    nowhere,     // it needs no data
    data_folder, // in this process's hands
    server,      // that, or a server's that is asked
};

class Command {
public:
    virtual ~Command() = default;
    virtual CommandText text() const = 0;
    // Points into the command, which must stay where it is.
    virtual std::vector<Argument> arguments() { return {}; }
    virtual Reach reach() const { return Reach::data_folder; }
    // Returns kDone or kNotPassed. The result is printed by then.
    virtual Result<int> run(Session& session) = 0;
};

// "--schema and --dataset exclude each other" and the like.
inline std::unexpected<Error> usage_error(std::string message) {
    return fail(FailureCode::usage_error, std::move(message));
}

} // namespace inlet
