// The CSV reader against itself: the vectorised loops on the whole text, against the plain automaton on tiny chunks fed
// in odd blocks. Reports, error lists, rejects and rows must be the same, byte for byte.
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "records/csv_reader.hpp"
#include "records/csv_scan.hpp"
#include "records/violation_text.hpp"

namespace {

using namespace inlet;

SplitScan split_by_automaton(std::string_view, CsvFormat) { return {Quoting::irregular, 0}; }
void index_never(std::string_view, CsvFormat, Quoting, CellIndex&) { std::abort(); }
constexpr CsvKernels kAutomaton{"automaton", split_by_automaton, index_never};

Field field(const char* name, FieldType type) {
    Field made;
    made.name = name;
    made.type = type;
    return made;
}

Schema schema(unsigned which) {
    Schema made;
    made.fields = {field("a", which & 1 ? FieldType::integer : FieldType::string),
                   field("b", which & 2 ? FieldType::number : FieldType::boolean),
                   field("c", which & 4 ? FieldType::date : FieldType::array)};
    made.fields[0].constraints.required = (which & 8) != 0;
    if (which & 16) made.missing_values = {"", "-", "NA"};
    if (which & 4) {
        made.fields[2].format = which & 32 ? "any" : "default";
    } else {
        made.fields[2].format = which & 32 ? "python" : "default";
    }
    return made;
}

std::string told(std::string_view text, const Schema& contract, const Dialect& dialect, const CsvKernels* kernels,
                 std::size_t chunk_bytes, std::size_t block) {
    CsvReaderOptions options{contract, dialect, {}, kernels};
    options.limits.chunk_bytes = chunk_bytes;
    options.limits.record_bytes_max = 4096;
    options.limits.cell_bytes_max = 1000;
    auto reader = make_csv_reader(options);
    if (!reader) std::abort();
    std::string violations;
    std::string rows; // apart from them: where one chunk ends and the next begins must not show
    std::uint64_t row = 0;
    std::uint64_t line = 0;
    bool began = false;
    ParsedChunk parsed;
    RenderedChunk rendered;
    const auto take = [&](Chunk&& chunk) {
        if (!began) line = (*reader)->header_lines();
        began = true;
        (*reader)->parse(chunk, parsed, SIZE_MAX);
        const CsvFormat format{(*reader)->dialect().delimiter.value_or(','),
                               (*reader)->dialect().quote_char.value_or('"')};
        render(chunk, parsed, {(*reader)->schema(), format, {}, {}}, {SIZE_MAX, false, false}, rendered);
        for (Violation violation : rendered.violations) {
            violation.row += row;
            violation.line += line;
            violations += violation_json(violation) + "\n";
        }
        for (std::size_t r = 0; r < parsed.batch.rows; ++r) {
            if (parsed.batch.rejected.test(r)) continue;
            for (const Column& column : parsed.batch.columns) {
                if (!column.present.test(r)) {
                    rows += "~|";
                } else if (column.type == PhysicalType::text) {
                    rows += std::string(column.values<TextRef>()[r].view()) + "|";
                } else {
                    std::uint64_t bits = 0;
                    std::memcpy(&bits,
                                reinterpret_cast<const char*>(column.values<char>()) + r * Column::width(column.type),
                                Column::width(column.type));
                    rows += std::to_string(bits) + "|";
                }
            }
            rows += "\n";
        }
        row += parsed.batch.rows;
        line += parsed.line_feeds;
    };
    while (!text.empty()) {
        const std::string_view piece = text.substr(0, block);
        feed(**reader, piece, take);
        text.remove_prefix(piece.size());
    }
    (*reader)->finish();
    for (Chunk chunk; (*reader)->take(chunk);) take(std::move(chunk));
    for (const Violation& violation : (*reader)->file_violations()) violations += violation_json(violation) + "\n";
    return violations + rows;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const Schema contract = schema(data[0]);
    Dialect dialect;
    dialect.delimiter = data[1] & 1 ? ';' : ',';
    dialect.quote_char = data[1] & 2 ? '\'' : '"';
    dialect.header = (data[1] & 4) != 0;
    const std::size_t block = 1 + data[2] % 100;
    const std::string_view text(reinterpret_cast<const char*>(data + 3), size - 3);
    // Chunks of the same size: what counts as too long depends on the window, by design.
    const std::string reference = told(text, contract, dialect, &kAutomaton, 4096, SIZE_MAX);
    for (const CsvKernels& kernels : csv_kernels()) {
        const std::string other = told(text, contract, dialect, &kernels, 64 + data[2], block);
        if (other == reference) continue;
        fmt::print(stderr, "the automaton says\n{}\n{} says\n{}\n", reference, kernels.name, other);
        std::abort();
    }
    return 0;
}
