// The loops, written once over Vector: 64 bytes with `bits equal(char)`, `bits high()`; prefix_xor(bits) and
// store_positions(...). Included by csv_scan.cpp once for each instruction set, inside a namespace of its own that
// defines those. No include guard on purpose (tidy: no-guard).

inline SplitScan split(std::string_view text, CsvFormat format) {
    SplitScan result;
    const char* const data = text.data();
    const std::size_t size = text.size();
    std::uint64_t inside = 0;             // all ones while in quotes
    std::uint64_t opens_allowed = 1;      // bit 0: a quote may open at the next byte
    std::uint64_t closed = 0;             // bit 0: the byte before closed a quote
    std::uint64_t closed_then_return = 0; // bit 0: the two bytes before were a closing quote and CR
    bool any_quote = false;
    for (std::size_t at = 0; at < size; at += 64) {
        const Vector block(data + at);
        const std::uint64_t valid = size - at >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (size - at)) - 1;
        const std::uint64_t line_feeds = block.equal('\n') & valid;
        const std::uint64_t quotes = format.quote == '\0' ? 0 : block.equal(format.quote) & valid;
        if (quotes == 0 && !any_quote) [[likely]] {
            if (line_feeds != 0) result.whole = at + 64 - static_cast<std::size_t>(__builtin_clzll(line_feeds));
            opens_allowed = ((line_feeds | (block.equal(format.delimiter) & valid)) >> 63) & 1;
            continue;
        }
        any_quote = true;
        const std::uint64_t delimiters = block.equal(format.delimiter) & valid;
        const std::uint64_t returns = block.equal('\r') & valid;
        const std::uint64_t in_quotes = prefix_xor(quotes) ^ inside;
        const std::uint64_t opening = quotes & in_quotes;
        const std::uint64_t closing = quotes & ~in_quotes;
        const std::uint64_t may_open = ((delimiters | line_feeds | closing) << 1) | opens_allowed;
        const std::uint64_t after_closing = (closing << 1) | closed;
        const std::uint64_t closing_return = returns & after_closing;
        const std::uint64_t after_return = (closing_return << 1) | closed_then_return;
        const std::uint64_t wrong = (opening & ~may_open) |
                                    (after_closing & valid & ~(delimiters | line_feeds | returns | quotes)) |
                                    (after_return & valid & ~line_feeds);
        if (wrong != 0) {
            result.quoting = Quoting::irregular;
            return result;
        }
        const std::uint64_t record_ends = line_feeds & ~in_quotes;
        if (record_ends != 0) result.whole = at + 64 - static_cast<std::size_t>(__builtin_clzll(record_ends));
        inside = static_cast<std::uint64_t>(static_cast<std::int64_t>(in_quotes) >> 63);
        opens_allowed = ((delimiters | line_feeds | closing) >> 63) & 1;
        closed = closing >> 63;
        closed_then_return = closing_return >> 63;
    }
    result.quoting = any_quote ? Quoting::regular : Quoting::none;
    return result;
}

inline void index(std::string_view text, CsvFormat format, Quoting quoting, CellIndex& out) {
    out.clear();
    const char* const data = text.data();
    const std::size_t size = text.size();
    std::uint64_t inside = 0;
    std::uint64_t high = 0;
    std::size_t cells = 0;
    std::size_t rows = 0;
    std::uint64_t all_line_feeds = 0;
    for (std::size_t at = 0; at < size; at += 64) {
        // Room for a full block, so that the stores below need no checks of their own.
        if (out.ends.size() < cells + 80) out.ends.resize(std::max<std::size_t>(4096, out.ends.size() * 2));
        if (out.row_ends.size() < rows + 80) out.row_ends.resize(std::max<std::size_t>(1024, out.row_ends.size() * 2));
        const Vector block(data + at);
        const std::uint64_t valid = size - at >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (size - at)) - 1;
        std::uint64_t line_feeds = block.equal('\n') & valid;
        std::uint64_t delimiters = block.equal(format.delimiter) & valid;
        high |= block.high() & valid;
        all_line_feeds += static_cast<std::uint64_t>(__builtin_popcountll(line_feeds));
        if (quoting != Quoting::none) {
            const std::uint64_t in_quotes = prefix_xor(block.equal(format.quote) & valid) ^ inside;
            inside = static_cast<std::uint64_t>(static_cast<std::int64_t>(in_quotes) >> 63);
            line_feeds &= ~in_quotes;
            delimiters &= ~in_quotes;
        }
        const std::uint64_t ends = delimiters | line_feeds;
        for (std::uint64_t left = line_feeds; left != 0; left &= left - 1) {
            const std::uint64_t up_to = left ^ (left - 1); // the lowest line feed and everything below it
            out.row_ends[rows++] =
                static_cast<std::uint32_t>(cells + static_cast<std::size_t>(__builtin_popcountll(ends & up_to)));
        }
        cells += store_positions(ends, static_cast<std::uint32_t>(at), out.ends.data() + cells);
    }
    out.cells = cells;
    out.rows = rows;
    out.ascii = high == 0;
    out.line_feeds = all_line_feeds;
}
