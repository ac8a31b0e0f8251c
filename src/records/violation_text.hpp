// Flaws of a parsed chunk as text: violations for the report, lines of the error list and of the rejects. Everything
// but the numbers that depend on the chunks before (row, line) is rendered on the parsing thread; those are put in when
// the chunks are merged in order. Floor 2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "records/csv_scan.hpp"
#include "records/late_flaws.hpp"
#include "records/record_reader.hpp"
#include "records/violation.hpp"

namespace inlet {

struct RenderLimits {
    std::size_t violations = 0; // to keep as values
    bool errors = false;        // lines of the error list wanted
    bool rejects = false;       // lines of the rejects wanted
};

// Numbers are relative to the chunk: record 0 is the chunk's first, line 0 its first line.
struct RenderedChunk {
    struct ErrorLine {
        std::uint32_t record = 0;
        std::uint64_t line = 0;
        std::uint64_t byte = 0;     // absolute
        std::uint32_t head_end = 0; // in error_text: `{"code":"...","row":` ends here
        std::uint32_t tail_end = 0; // and the rest here
    };
    struct RejectLine {
        std::uint32_t record = 0;
        std::uint32_t end = 0; // in reject_text: `,code,field,message,raw\n`
    };
    std::vector<Violation> violations;
    std::vector<ErrorLine> error_lines;
    std::string error_text;
    std::vector<RejectLine> reject_lines;
    std::string reject_text;

    void clear();
};

// `late` are the flaws of this chunk that have Rule::key_taken or unique, ascending; `first_row` tells the row of an
// earlier record.
struct RenderContext {
    const Schema& schema;
    CsvFormat format;
    const std::vector<LateFlaw>& late;
    const std::vector<std::uint64_t>& rows_before; // by chunk ordinal, for LateFlaw::first; may be empty
};

void render(const Chunk& chunk, const ParsedChunk& parsed, const RenderContext& context, const RenderLimits& limits,
            RenderedChunk& out);

// A violation as the object of the error list, without the braces' neighbours: `{"code":...,"record":"..."}`.
std::string violation_json(const Violation& violation);

// Text as a CSV cell, quoted if it must be.
void append_csv_cell(std::string& out, std::string_view text, CsvFormat format);

} // namespace inlet
