// From the words of the command line to an exit code: parses them, runs the command, and says what went wrong. Floor 7.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/command.hpp"
#include "app/commands.hpp"
#include "app/paint.hpp"
#include "base/result.hpp"

namespace inlet {

// What every command takes.
struct GlobalOptions {
    std::string project; // folder or file; empty: look for it
    bool json = false;
    bool quiet = false;
    std::string color = "auto";
    std::optional<std::int64_t> threads; // nothing: as many as there are cores
    std::string memory;                  // for the database; empty: the default
    std::optional<std::int64_t> wait;    // seconds to wait for another process, or a server
    std::string server;                  // that is asked instead of the project; empty: $INLET_SERVER, or none
    std::string key;                     // by which the server knows us; empty: $INLET_KEY, or none
    std::string authority;               // file of certificates; empty: the system's
};
std::vector<Argument> global_arguments(GlobalOptions& options);

struct ParsedLine {
    Command* command = nullptr; // null: none was named
    bool help = false;
    bool version = false;
};
// Sets the arguments that the words give. Errors: usage-error, bad-argument.
Result<ParsedLine> parse_line(const std::vector<std::string>& words, GlobalOptions& options, const Commands& commands);

// The whole run of the program; `words` without the program's own name. Returns the exit code: 0 done, 1 the data did
// not pass, 2 usage or configuration, 3 the system failed, 130 interrupted.
int run_command_line(const std::vector<std::string>& words);

} // namespace inlet
