#include "records/field_writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "records/csv_scan.hpp"

namespace inlet {

namespace {

constexpr std::size_t kShownMax = 60; // bytes of a value in a message

template <class T>
T at(const Column& column, std::size_t row) {
    return column.values<T>()[row];
}

bool same_value(const Column& a, std::size_t row_a, const Column& b, std::size_t row_b) {
    const bool present = a.present.test(row_a);
    if (present != b.present.test(row_b)) return false;
    if (!present) return true;
    switch (a.type) {
    case PhysicalType::boolean:
        return (at<std::uint8_t>(a, row_a) != 0) == (at<std::uint8_t>(b, row_b) != 0);
    case PhysicalType::float64: {
        const double x = at<double>(a, row_a);
        const double y = at<double>(b, row_b);
        return x == y || (std::isnan(x) && std::isnan(y));
    }
    case PhysicalType::date:
        return at<std::int32_t>(a, row_a) == at<std::int32_t>(b, row_b);
    case PhysicalType::int64:
    case PhysicalType::time:
    case PhysicalType::timestamp:
        return at<std::int64_t>(a, row_a) == at<std::int64_t>(b, row_b);
    case PhysicalType::text:
        return at<TextRef>(a, row_a).view() == at<TextRef>(b, row_b).view();
    }
    std::unreachable();
}

// Text as readers want it: with room behind it.
TextRef store(std::string_view text, TextArena& arena) {
    char* const to = arena.reserve(text.size() + kScanPadding);
    std::memcpy(to, text.data(), text.size());
    std::memset(to + text.size(), 0, kScanPadding);
    return {to, static_cast<std::uint32_t>(text.size())};
}

std::string number_text(double number, const std::string& decimal_char) {
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number > 0 ? "INF" : "-INF";
    std::string text = format_number(number);
    if (const auto mark = text.find('.'); mark != std::string::npos) text.replace(mark, 1, decimal_char);
    return text;
}

// The same with a sign, which a missing value that looks like the number may lack.
std::optional<std::string> signed_number(std::string text) {
    if (text.front() == '-' || text.front() == 'N') return std::nullopt;
    return "+" + std::move(text);
}

} // namespace

Result<FieldWriter> FieldWriter::make(const Field& field, const std::vector<std::string>& missing_values) {
    Field unconstrained = field;
    unconstrained.constraints = {};
    auto reader = TRY(FieldReader::make(unconstrained, missing_values));
    std::vector<std::string> missing = missing_values;
    std::ranges::stable_partition(missing, &std::string::empty);
    FieldWriter writer(std::move(unconstrained), std::move(missing), std::move(reader));
    const bool is_temporal =
        field.type == FieldType::date || field.type == FieldType::time || field.type == FieldType::datetime;
    if (is_temporal && field.format != "default" && field.format != "any") {
        const auto kind = field.type == FieldType::date   ? TemporalPattern::Kind::date
                          : field.type == FieldType::time ? TemporalPattern::Kind::time
                                                          : TemporalPattern::Kind::datetime;
        writer.pattern_ = TRY(TemporalPattern::compile(field.format, kind));
    }
    return writer;
}

Status FieldWriter::write(const Column& column, std::size_t rows, std::vector<TextRef>& cells, TextArena& arena) const {
    cells.resize(rows);
    const bool is_text = column.type == PhysicalType::text;
    for (std::size_t row = 0; row < rows; ++row) {
        if (is_text && column.present.test(row)) {
            cells[row] = store(at<TextRef>(column, row).view(), arena);
        } else {
            cells[row] = store(text(column, row, 0).value_or(""), arena);
        }
    }
    Column again;
    TextArena converted;
    FlawList flaws;
    flaws.reset(1, rows, 0);
    reader_->read({cells, 0, 1}, again, converted, flaws);
    for (std::size_t row = 0; row < rows; ++row) {
        if (same_value(column, row, again, row)) continue;
        bool found = false;
        for (std::size_t nth = 1; !found; ++nth) {
            const auto other = text(column, row, nth);
            if (!other) break;
            cells[row] = store(*other, arena);
            Column one;
            flaws.reset(1, 1, 0);
            reader_->read({std::span(cells).subspan(row, 1), 0, 1}, one, converted, flaws);
            found = same_value(column, row, one, 0);
        }
        if (found) continue;
        return fail(
            Error(FailureCode::value_unwritable,
                  column.present.test(row)
                      ? fmt::format("`{}` holds {}, for which its contract has no text that reads back so", field_.name,
                                    shown(column, row))
                      : fmt::format("`{}` has rows without a value, for which its contract has no text that reads "
                                    "back so",
                                    field_.name))
                .with("field", field_.name));
    }
    return {};
}

std::optional<std::string> FieldWriter::text(const Column& column, std::size_t row, std::size_t nth) const {
    const auto one_of = [nth](const std::vector<std::string>& texts) {
        return nth < texts.size() ? std::optional(texts[nth]) : std::nullopt;
    };
    if (!column.present.test(row)) return one_of(missing_values_);
    switch (column.type) {
    case PhysicalType::boolean:
        return one_of(at<std::uint8_t>(column, row) != 0 ? field_.true_values : field_.false_values);
    case PhysicalType::int64: {
        std::string digits = std::to_string(at<std::int64_t>(column, row));
        return nth == 0 ? digits : nth == 1 ? signed_number(std::move(digits)) : std::nullopt;
    }
    case PhysicalType::float64: {
        std::string number = number_text(at<double>(column, row), field_.decimal_char);
        return nth == 0 ? number : nth == 1 ? signed_number(std::move(number)) : std::nullopt;
    }
    case PhysicalType::date:
    case PhysicalType::time:
    case PhysicalType::timestamp:
        return nth == 0 ? std::optional(temporal_text(column, row)) : std::nullopt;
    case PhysicalType::text:
        return nth == 0 ? std::optional(std::string(at<TextRef>(column, row).view())) : std::nullopt;
    }
    std::unreachable();
}

std::string FieldWriter::temporal_text(const Column& column, std::size_t row) const {
    if (column.type == PhysicalType::date) {
        const auto day = at<std::int32_t>(column, row);
        return pattern_ ? pattern_->format(day) : format_date(day);
    }
    const auto moment = at<std::int64_t>(column, row);
    if (pattern_) return pattern_->format(moment);
    return column.type == PhysicalType::time ? format_time(moment) : format_datetime(moment);
}

std::string FieldWriter::shown(const Column& column, std::size_t row) const {
    switch (column.type) {
    case PhysicalType::boolean:
        return at<std::uint8_t>(column, row) != 0 ? "true" : "false";
    case PhysicalType::date:
        return format_date(at<std::int32_t>(column, row));
    case PhysicalType::time:
        return format_time(at<std::int64_t>(column, row));
    case PhysicalType::timestamp:
        return format_datetime(at<std::int64_t>(column, row));
    case PhysicalType::text: {
        const std::string_view text = at<TextRef>(column, row).view();
        if (text.size() <= kShownMax) return fmt::format("the text `{}`", text);
        std::size_t end = kShownMax; // not within a character
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
        return fmt::format("the text `{}...`", text.substr(0, end));
    }
    case PhysicalType::int64:
    case PhysicalType::float64:
        return *text(column, row, 0);
    }
    std::unreachable();
}

} // namespace inlet
