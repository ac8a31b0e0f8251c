// Finds the structure of CSV text, 64 bytes at a step: where records end, where cells end. The inner loops of the
// reader, in versions for AVX-512, AVX2 and any machine, chosen at run time; csv_scan_test holds them to the plain
// automaton in csv_grammar. Floor 2; pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace inlet {

struct CsvFormat {
    char delimiter = ',';
    char quote = '"'; // '\0': quotes mean nothing

    bool operator==(const CsvFormat&) const = default;
};

// Whether a stretch of whole records holds quotes, and whether counting them is enough to tell inside from outside.
enum class Quoting : std::uint8_t {
    none,      // no quote at all
    regular,   // every quote opens at a cell's start, closes at its end, or is one of a pair inside: parity decides
    irregular, // something else: only the automaton can tell
};

struct SplitScan {
    Quoting quoting = Quoting::none;
    std::size_t whole =
        0; // bytes up to and including the last line end outside quotes; 0: none. Meaningless when irregular
};

// Readable bytes that must follow every text given to these functions (their content does not matter).
inline constexpr std::size_t kScanPadding = 64;

// Where cells and records end. Offsets are into the scanned text.
struct CellIndex {
    std::vector<std::uint32_t> ends;     // of each cell: offset of its delimiter or line feed; first `cells` are valid
    std::vector<std::uint32_t> row_ends; // for each record: cells up to and including it; first `rows` are valid
    std::size_t cells = 0;
    std::size_t rows = 0;
    bool ascii = true; // no byte above 0x7F
    std::vector<std::uint32_t>
        malformed;                // records (ascending) whose quoting is broken; each has one cell, the whole line
    std::uint64_t line_feeds = 0; // in the text, inside quotes too

    void clear() {
        cells = rows = 0;
        ascii = true;
        malformed.clear();
        line_feeds = 0;
    }
};

// One version of the loops.
struct CsvKernels {
    std::string_view name; // avx512, avx2, plain
    // `text` starts at a record. Looks at all of it.
    SplitScan (*split)(std::string_view text, CsvFormat format);
    // `text` is whole records, ends with a line feed, and its quoting is none or regular.
    void (*index)(std::string_view text, CsvFormat format, Quoting quoting, CellIndex& out);
};

// The versions this machine can run, best first; the last is plain.
std::span<const CsvKernels> csv_kernels();

} // namespace inlet
