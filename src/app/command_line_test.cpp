// Tests of how the words of a command line are understood, of help and of completion.
#include "app/command_line.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "app/completion.hpp"
#include "app/display_text.hpp"
#include "app/help.hpp"

namespace inlet {
namespace {

struct Line {
    GlobalOptions options;
    Commands commands = make_commands();
    Result<ParsedLine> parsed;

    explicit Line(const std::vector<std::string>& words) : parsed(parse_line(words, options, commands)) {}
};

// "code: message" of a line that is not understood.
std::string refusal(const std::vector<std::string>& words) {
    const Line line(words);
    return line.parsed ? "understood" : to_string(line.parsed.error());
}

TEST(CommandLine, OptionsOfEveryCommandStandAnywhere) {
    for (const auto& words : {std::vector<std::string>{"--json", "--threads", "3", "load", "x.csv"},
                              {"load", "--json", "x.csv", "--threads=3"},
                              {"load", "x.csv", "--threads", "3", "--json"}}) {
        const Line line(words);
        ASSERT_TRUE(line.parsed);
        ASSERT_NE(line.parsed->command, nullptr);
        EXPECT_EQ(line.parsed->command->text().name, "load");
        EXPECT_TRUE(line.options.json);
        EXPECT_EQ(line.options.threads, 3);
        EXPECT_FALSE(line.options.quiet);
    }
}

TEST(CommandLine, AFileMayBeCalledLikeACommand) {
    EXPECT_EQ(refusal({"load", "versions"}), "understood");
    EXPECT_EQ(refusal({"load", "-"}), "understood");
    EXPECT_EQ(refusal({"query", "--", "-- a comment\nSELECT 1"}), "understood");
}

TEST(CommandLine, UndoHasAVersionOfItsOwn) {
    const Line undo({"undo", "--version", "3"});
    ASSERT_TRUE(undo.parsed);
    EXPECT_FALSE(undo.parsed->version);
    const Line version({"--version"});
    ASSERT_TRUE(version.parsed);
    EXPECT_TRUE(version.parsed->version);
    EXPECT_EQ(version.parsed->command, nullptr);
}

TEST(CommandLine, HelpIsAskedForOfOneOrOfAll) {
    for (const char* flag : {"--help", "-h"}) {
        const Line all({flag});
        ASSERT_TRUE(all.parsed);
        EXPECT_TRUE(all.parsed->help);
        EXPECT_EQ(all.parsed->command, nullptr);
        const Line one({"diff", flag});
        ASSERT_TRUE(one.parsed);
        EXPECT_TRUE(one.parsed->help);
        ASSERT_NE(one.parsed->command, nullptr);
        EXPECT_EQ(one.parsed->command->text().name, "diff");
    }
}

TEST(CommandLine, NearlyRightWordsAreNamed) {
    EXPECT_EQ(refusal({"lod", "x.csv"}), "usage-error: there is no command `lod`; did you mean `load`?");
    EXPECT_EQ(refusal({"load", "x.csv", "--datset=a"}),
              "usage-error: there is no option `--datset`; did you mean `--dataset`?");
    EXPECT_EQ(refusal({"load", "x.csv", "--jsn"}), "usage-error: there is no option `--jsn`; did you mean `--json`?");
    EXPECT_EQ(refusal({"query", "SELECT 1", "--format", "cvs"}),
              "bad-argument: --format is `cvs`; table, csv, json, ndjson or parquet is expected; did you mean `csv`?");
}

TEST(CommandLine, WhatIsMissingOrTooMuchIsNamed) {
    EXPECT_EQ(refusal({"load"}), "usage-error: FILE is missing");
    EXPECT_EQ(refusal({"load", "x.csv", "--dataset"}), "usage-error: --dataset needs a value");
    EXPECT_EQ(refusal({"load", "x.csv", "y.csv"}), "usage-error: `y.csv` is one argument too many for `inlet load`");
    EXPECT_EQ(refusal({"diff", "ratings", "1"}), "usage-error: TO is missing");
    EXPECT_EQ(refusal({"show", "seven"}), "bad-argument: ID is `seven`; a whole number from 1 up is expected");
    EXPECT_EQ(refusal({"show", "0"}), "bad-argument: ID is `0`; a whole number from 1 up is expected");
    EXPECT_EQ(refusal({"errors", "7", "--limit", "99999999999999999999"}),
              "bad-argument: --limit is `99999999999999999999`; a whole number from 0 up is expected");
    EXPECT_TRUE(refusal({"load", "x.csv", "--dataset", "a", "--dataset", "b"}).starts_with("usage-error: "));
    EXPECT_EQ(refusal({}), "understood"); // and answered with the overview
}

TEST(Help, EveryCommandExplainsItselfWithExamples) {
    Commands commands = make_commands();
    GlobalOptions scratch;
    std::set<std::string> names;
    for (const auto& command : commands) {
        const CommandText text = command->text();
        EXPECT_TRUE(names.insert(text.name).second) << text.name;
        EXPECT_FALSE(text.examples.empty()) << text.name;
        EXPECT_FALSE(text.summary.ends_with('.')) << text.name;
        const std::string help = command_help(*command, global_arguments(scratch), Paint(), 80);
        EXPECT_TRUE(help.starts_with("Usage: inlet " + text.name)) << help;
        for (const Argument& argument : command->arguments()) {
            EXPECT_NE(help.find(argument.names.substr(argument.names.rfind(',') + 1)), std::string::npos) << help;
        }
        for (const auto& [example, what] : text.examples) EXPECT_NE(help.find(example), std::string::npos) << help;
    }
    for (const char* name :
         {"check", "validate", "load", "submissions", "show", "errors", "rejects", "raw", "approve", "cancel", "retry",
          "versions", "undo", "diff", "query", "export", "prune", "failures", "completion"}) {
        EXPECT_TRUE(names.contains(name)) << name;
    }
}

TEST(Help, TheOverviewFitsATerminal) {
    GlobalOptions scratch;
    const std::string help = overview_help(make_commands(), global_arguments(scratch), Paint(), 110);
    for (std::size_t at = 0; at < help.size();) {
        const std::size_t end = help.find('\n', at);
        EXPECT_LE(display_width(help.substr(at, end - at)), 110U) << help.substr(at, end - at);
        at = end + 1;
    }
}

TEST(Help, LongTextIsWrapped) {
    EXPECT_EQ(wrapped("one two three", 2, 24), "one two three");
    EXPECT_EQ(wrapped("one two three four five six seven", 4, 24), "one two three four\n    five six seven");
    EXPECT_EQ(wrapped("a\n\nb", 2, 80), "a\n  \n  b");
}

TEST(Completion, KnowsEveryCommandAndOptionInEveryShell) {
    Commands commands = make_commands();
    GlobalOptions scratch;
    const std::vector<Argument> global = global_arguments(scratch);
    for (const char* shell : {"bash", "zsh", "fish"}) {
        const std::string script = completion_script(shell, commands, global);
        for (const auto& command : commands) {
            EXPECT_NE(script.find(command->text().name), std::string::npos) << shell << " " << command->text().name;
            for (const Argument& argument : command->arguments()) {
                if (!argument.is_option()) continue;
                const std::string name = argument.names.substr(argument.names.find("--") + 2);
                EXPECT_NE(script.find(name), std::string::npos) << shell << " " << command->text().name << " " << name;
            }
        }
    }
}

} // namespace
} // namespace inlet
