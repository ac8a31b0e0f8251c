// Tries each delimiter on the first records.
#include "records/csv_dialect.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "records/csv_grammar.hpp"

namespace inlet {

namespace {

constexpr std::size_t kSampleRecords = 100;

bool same_name(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

struct Trial {
    std::size_t labels = 0; // cells of the first record that name a field
    std::size_t even = 0;   // records with the most common number of cells, if that is more than one
    std::size_t cells = 0;  // that number
    std::size_t malformed = 0;
};

Trial attempt(std::string_view sample, CsvFormat format, const Schema& schema) {
    Trial trial;
    std::map<std::size_t, std::size_t> widths;
    std::size_t at = 0;
    for (std::size_t record = 0; record < kSampleRecords && at < sample.size(); ++record) {
        std::vector<std::uint32_t> ends;
        const RecordEnd end = scan_record(sample, at, format, false, &ends);
        if (end.state == RecordScan::unfinished) break;
        if (end.state == RecordScan::malformed) {
            ++trial.malformed;
        } else {
            if (record == 0) {
                for (const auto& label : split_cells(sample, at, ends, format)) {
                    trial.labels += find_field(label, schema).has_value();
                }
            }
            ++widths[ends.size()];
        }
        at = end.next;
    }
    for (const auto& [cells, records] : widths) {
        if (cells > 1 && records >= trial.even) trial.even = records, trial.cells = cells;
    }
    return trial;
}

bool better(const Trial& a, const Trial& b) {
    if (a.labels != b.labels) return a.labels > b.labels;
    if (a.malformed != b.malformed) return a.malformed < b.malformed;
    if (a.even != b.even) return a.even > b.even;
    return a.cells > b.cells;
}

} // namespace

std::vector<std::string> split_cells(std::string_view text, std::size_t start, const std::vector<std::uint32_t>& ends,
                                     CsvFormat format) {
    std::vector<std::string> cells;
    for (const std::uint32_t end : ends) {
        std::string_view raw = text.substr(start, end - start);
        if (text[end] == '\n' && raw.ends_with('\r')) raw.remove_suffix(1);
        cells.push_back(unquote(raw, format.quote));
        start = end + 1;
    }
    return cells;
}

std::optional<std::size_t> find_field(std::string_view label, const Schema& schema) {
    if (const auto exact = schema.find(label)) return exact;
    const auto alike = std::find_if(schema.fields.begin(), schema.fields.end(),
                                    [&](const Field& field) { return same_name(field.name, label); });
    if (alike == schema.fields.end()) return std::nullopt;
    return static_cast<std::size_t>(alike - schema.fields.begin());
}

bool names_fields(const std::vector<std::string>& labels, const Schema& schema) {
    return std::any_of(labels.begin(), labels.end(),
                       [&](const std::string& label) { return find_field(label, schema).has_value(); });
}

CsvFormat sniff_format(std::string_view sample, const Dialect& declared, const Schema& schema) {
    CsvFormat best{declared.delimiter.value_or(','), declared.quote_char.value_or('"')};
    if (declared.delimiter && declared.quote_char) return best;
    Trial best_trial = attempt(sample, best, schema);
    for (const char quote : {'"', '\''}) {
        if (declared.quote_char && *declared.quote_char != quote) continue;
        // A single quote is a quote only where one opens a cell; in text it is an apostrophe far more often.
        if (quote == '\'' &&
            (sample.find('"') != std::string_view::npos || sample.find('\'') == std::string_view::npos))
            continue;
        for (const char delimiter : {',', ';', '\t', '|'}) {
            if (declared.delimiter && *declared.delimiter != delimiter) continue;
            const CsvFormat format{delimiter, quote};
            const Trial trial = attempt(sample, format, schema);
            if (better(trial, best_trial)) best = format, best_trial = trial;
        }
    }
    return best;
}

} // namespace inlet
