// The automaton, one byte at a time, with memchr where nothing else can happen.
#include "records/csv_grammar.hpp"

#include <algorithm>
#include <cstring>

namespace inlet {

namespace {

std::size_t find_byte(std::string_view text, std::size_t from, char byte) {
    const void* at = std::memchr(text.data() + from, byte, text.size() - from);
    return at == nullptr ? std::string_view::npos
                         : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

// The malformed record that holds a quoted cell opened at `opening`.
RecordEnd broken(std::string_view text, std::size_t opening, bool final, std::vector<std::uint32_t>* ends,
                 std::size_t kept) {
    const std::size_t line_feed = find_byte(text, opening, '\n');
    if (line_feed == std::string_view::npos) {
        if (!final) return {};
        return {RecordScan::malformed, text.size()};
    }
    if (ends != nullptr) {
        ends->resize(kept);
        ends->push_back(static_cast<std::uint32_t>(line_feed));
    }
    return {RecordScan::malformed, line_feed + 1};
}

} // namespace

RecordEnd scan_record(std::string_view text, std::size_t start, CsvFormat format, bool final,
                      std::vector<std::uint32_t>* ends) {
    const std::size_t size = text.size();
    const std::size_t kept = ends == nullptr ? 0 : ends->size();
    std::size_t at = start;
    const auto unfinished = [&]() -> RecordEnd {
        if (ends != nullptr) ends->resize(kept);
        return {};
    };
    for (;;) { // one cell a round
        if (at < size && format.quote != '\0' && text[at] == format.quote) {
            const std::size_t opening = at++;
            for (;;) {
                const std::size_t closing = find_byte(text, at, format.quote);
                if (closing == std::string_view::npos) {
                    if (!final) return unfinished();
                    return broken(text, opening, final, ends, kept);
                }
                at = closing + 1;
                if (at < size && text[at] == format.quote) {
                    ++at;
                    continue;
                }
                break;
            }
            if (at >= size || (text[at] == '\r' && at + 1 >= size)) {
                if (!final) return unfinished();
                return broken(text, opening, final, ends, kept);
            }
            const bool line_end = text[at] == '\n' || (text[at] == '\r' && text[at + 1] == '\n');
            if (text[at] != format.delimiter && !line_end) return broken(text, opening, final, ends, kept);
            if (line_end && text[at] == '\r') ++at;
        } else {
            while (at < size && text[at] != format.delimiter && text[at] != '\n') ++at;
            if (at >= size) return unfinished();
        }
        if (ends != nullptr) ends->push_back(static_cast<std::uint32_t>(at));
        if (text[at++] == '\n') return {RecordScan::whole, at};
    }
}

void index_exact(std::string_view text, CsvFormat format, CellIndex& out) {
    out.clear();
    out.ends.clear();
    out.row_ends.clear();
    std::size_t at = 0;
    while (at < text.size()) {
        const RecordEnd end = scan_record(text, at, format, true, &out.ends);
        if (end.state == RecordScan::malformed)
            out.malformed.push_back(static_cast<std::uint32_t>(out.row_ends.size()));
        out.row_ends.push_back(static_cast<std::uint32_t>(out.ends.size()));
        at = end.next;
    }
    out.cells = out.ends.size();
    out.rows = out.row_ends.size();
    out.ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
    out.line_feeds = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

std::size_t split_exact(std::string_view text, CsvFormat format, bool final, std::size_t enough) {
    std::size_t at = 0;
    while (at < text.size() && at < enough) {
        const RecordEnd end = scan_record(text, at, format, final, nullptr);
        if (end.state == RecordScan::unfinished) break;
        at = end.next;
    }
    return at;
}

std::string unquote(std::string_view raw, char quote) {
    if (quote == '\0' || raw.empty() || raw.front() != quote) return std::string(raw);
    std::string text;
    text.reserve(raw.size());
    for (std::size_t i = 1; i < raw.size(); ++i) {
        if (raw[i] == quote) {
            ++i; // the second of a pair, or behind the closing quote
            if (i >= raw.size() || raw[i] != quote) break;
        }
        text += raw[i];
    }
    return text;
}

} // namespace inlet
