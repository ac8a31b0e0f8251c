// What a record did wrong: the product of checking, not a failure of ours. Floor 2; values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/failures.hpp"

namespace inlet {

struct Violation {
    FailureCode code;
    std::uint64_t row = 0;    // 1-based data record; 0: the file or its header
    std::uint64_t line = 0;   // 1-based physical line where the record starts
    std::uint64_t byte = 0;   // offset of the record's first byte in the file
    std::string field;        // name; empty: the record as a whole
    std::uint32_t column = 0; // 1-based position of the cell in the file; 0: none
    std::string value;        // the cell as sent, cut at 1,000 bytes
    std::string message;      // for a person: "`rating` is 7.5; at most 5 is allowed"
    std::string record;       // the raw text of the record, without its line end, cut at 64 KiB
};

// How often a code came at a field. Always complete, however many violations are kept.
struct ViolationCount {
    FailureCode code;
    std::string field; // empty: the record or the file
    std::uint64_t count = 0;
};

// Folds violations into lines for a person: "rows 17, 40-52 and 3 more: `rating` is above 5".
// At most `lines_max` lines, most frequent first; `ranges_max` row ranges a line.
std::vector<std::string> fold(const std::vector<Violation>& violations, const std::vector<ViolationCount>& counts,
                              std::size_t lines_max = 20, std::size_t ranges_max = 3);

} // namespace inlet
