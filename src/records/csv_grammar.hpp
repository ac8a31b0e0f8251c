// What a CSV record is, as a plain automaton: the definition that the vectorised loops must agree with, and the way
// through text whose quoting is irregular. RFC 4180, with these decisions where it is silent:
//   - a quote that does not start a cell is text;
//   - a record ends at LF or CRLF outside quotes; a CR elsewhere is text;
//   - a quoted cell must be followed by a delimiter or a line end. If it is not, or is never closed, the record is
//   malformed, and ends at the
//     first line end at or after the opening quote of that cell: a broken record costs itself, never the records that
//     follow.
// Floor 2; pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "records/csv_scan.hpp"

namespace inlet {

enum class RecordScan : std::uint8_t { whole, malformed, unfinished };

struct RecordEnd {
    RecordScan state = RecordScan::unfinished;
    std::size_t next = 0; // where the next record starts: just behind the line feed
};

// The record that starts at `start`. `final`: the text is all there is (it ends with a line feed), so a quote that is
// open at its end never closes. If `ends` is given, the offsets of the cells' ends are appended (one, the line's, for a
// malformed record).
RecordEnd scan_record(std::string_view text, std::size_t start, CsvFormat format, bool final,
                      std::vector<std::uint32_t>* ends);

// All records of a text of whole records, by scan_record.
void index_exact(std::string_view text, CsvFormat format, CellIndex& out);

// Whole records at the front of the text, up to the first that starts at or behind `enough`. Returns the bytes they
// take; 0 if the first is unfinished.
std::size_t split_exact(std::string_view text, CsvFormat format, bool final, std::size_t enough);

// A cell's text without its quotes, pairs undone. `raw` runs from the cell's first byte to its end.
std::string unquote(std::string_view raw, char quote);

} // namespace inlet
