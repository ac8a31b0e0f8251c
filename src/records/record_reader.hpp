// The push machine that every format's reader is: bytes in, chunks of whole records out (one thread, in order), chunks
// parsed into batches (any thread, in any order). Whatever the sizes of the blocks fed, chunks and results are the
// same. Floor 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "contract/dialect.hpp"
#include "contract/field.hpp"
#include "records/csv_scan.hpp"
#include "records/flaws.hpp"
#include "records/record_batch.hpp"
#include "records/violation.hpp"

namespace inlet {

struct ReaderLimits {
    std::size_t chunk_bytes = 256 << 10;     // whole records that make one batch
    std::size_t record_bytes_max = 16 << 20; // a longer record is a violation (record-too-long) and is skipped
    std::size_t cell_bytes_max = 16 << 20;   // a longer cell is one (field-too-long)
    std::size_t columns_max = 4096;
    std::size_t block_bytes_max = SIZE_MAX; // that prepare() asks for at once, whatever it has room for
};

// Whole records, ready to be parsed.
struct Chunk {
    std::uint64_t ordinal = 0;           // 0, 1, 2 ...
    std::uint64_t byte = 0;              // offset of its first byte in the file
    std::shared_ptr<const char[]> bytes; // owns the text; kScanPadding readable bytes follow it
    std::string_view text;
    Quoting quoting = Quoting::none;
    bool too_long = false; // the text is the beginning of one record that is longer than allowed
};

// A chunk's records as a batch, and what is wrong with them. Reused from chunk to chunk.
struct ParsedChunk {
    RecordBatch batch;
    FlawList flaws;
    std::vector<std::uint32_t> starts; // offset of each record in the chunk's text, and one more: the text's end
    std::uint64_t line_feeds = 0;      // in the chunk
    // Scratch of the parser.
    bool valid_utf8 = true; // the chunk's text as a whole
    bool even = true;       // every record has as many cells as the header
    CellIndex index;
    std::vector<TextRef> cells;
    Bitmap excluded;
};

// The raw bytes of a record, without its line end.
std::string_view record_text(const Chunk& chunk, const ParsedChunk& parsed, std::size_t record);

class RecordReader {
public:
    virtual ~RecordReader() = default;

    // --- one thread ---
    // Where the next bytes go (never empty before finish()); commit() says how many were put there. Call take() until
    // false after each commit.
    virtual std::span<char> prepare() = 0;
    virtual void commit(std::size_t bytes) = 0;
    virtual void finish() = 0;           // no more bytes
    virtual bool take(Chunk& chunk) = 0; // the next chunk, if one is whole

    // --- any thread, after the first take() that returned true, or after finish() and a take() that returned false ---
    virtual void parse(const Chunk& chunk, ParsedChunk& parsed, std::size_t flaws_kept_max) const = 0;
    virtual const Schema& schema() const = 0;                     // given, or made from the labels (all strings)
    virtual std::uint32_t column_of(std::size_t field) const = 0; // 1-based position of its cells; 0: no such label
    virtual const std::vector<Violation>& file_violations() const = 0; // of labels: rows 0
    virtual const Dialect& dialect() const = 0;                        // as declared and sniffed
    virtual std::string_view header_text() const = 0; // the header record's raw bytes; empty without header
    virtual std::uint64_t header_lines() const = 0;   // physical lines before the first data record
};

// Copies bytes in, taking chunks as they become whole.
template <class Take>
void feed(RecordReader& reader, std::string_view bytes, Take&& take) {
    while (!bytes.empty()) {
        const std::span<char> room = reader.prepare();
        const std::size_t count = std::min(room.size(), bytes.size());
        std::memcpy(room.data(), bytes.data(), count);
        reader.commit(count);
        bytes.remove_prefix(count);
        for (Chunk chunk; reader.take(chunk);) take(std::move(chunk));
    }
}

} // namespace inlet
