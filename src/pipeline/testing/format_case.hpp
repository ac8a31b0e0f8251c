// The format cases of tests/cases as values; tests/cases/README.md says how they are written. Floor 5, testing only.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "contract/dialect.hpp"
#include "warehouse/testing/rows.hpp"

namespace inlet {

using Members = std::map<std::string, std::string>; // of a JSON object; texts in backticks, other values as written

struct FormatCase {
    std::string input;
    std::string schema;  // JSON; empty: none
    std::string dialect; // JSON; empty: none
    std::string expected_dialect;
    std::vector<TextCells> rows;
    std::vector<Members> violations;
    bool stored = true; // no violation has row 0
};

// The names of all cases, or of those that have a schema and so can be loaded; none if they cannot be found.
std::vector<std::string> format_case_names();
std::vector<std::string> format_case_names_with_schema();
// Fails the test if it cannot be read.
FormatCase read_format_case(const std::string& name);

// As in FormatCase::expected_dialect.
std::string dialect_words(const Dialect& dialect);
// The lines of an error list. Of each only the members that the expected violation in its place has.
std::vector<Members> error_members(std::string_view error_list, const std::vector<Members>& expected);

} // namespace inlet
