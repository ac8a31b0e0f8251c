// Works out how a CSV file is written from its beginning, for what the contract does not declare. Floor 2; pure
// functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contract/dialect.hpp"
#include "contract/field.hpp"
#include "records/csv_scan.hpp"

namespace inlet {

// Delimiter and quote as declared, else as found in `sample` (the file's first bytes): the delimiter among , ; tab |
// under which the labels match the schema best, else the one that splits the records most evenly. Without evidence:
// comma and double quote (RFC 4180).
CsvFormat sniff_format(std::string_view sample, const Dialect& declared, const Schema& schema);

// The field that a label names: by its exact name, else case aside (CSV Dialect: caseSensitiveHeader is false unless
// said).
std::optional<std::size_t> find_field(std::string_view label, const Schema& schema);

// Whether labels name fields of the schema (any order).
bool names_fields(const std::vector<std::string>& labels, const Schema& schema);

// The cells of the record that ends at each of `ends` (offsets into text), unquoted.
std::vector<std::string> split_cells(std::string_view text, std::size_t start, const std::vector<std::uint32_t>& ends,
                                     CsvFormat format);

} // namespace inlet
