// How a CSV file is written, after Frictionless CSV Dialect (https://specs.frictionlessdata.io/csv-dialect/). Floor 1;
// values. What is not set is sniffed from the first block of the file.
#pragma once

#include <optional>

namespace inlet {

struct Dialect {
    std::optional<char> delimiter;  // one byte
    std::optional<char> quote_char; // one byte; '\0': no quoting
    std::optional<bool> header;     // whether the first record holds the labels

    bool operator==(const Dialect&) const = default;
};

} // namespace inlet
