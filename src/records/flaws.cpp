// Codes and words of flaws.
#include "records/flaws.hpp"

#include <fmt/format.h>

namespace inlet {

FailureCode code_of(Rule rule) {
    switch (rule) {
    case Rule::type:
    case Rule::number_range:
        return FailureCode::type_error;
    case Rule::required:
    case Rule::minimum:
    case Rule::maximum:
    case Rule::min_length:
    case Rule::max_length:
    case Rule::pattern:
    case Rule::enumeration:
        return FailureCode::constraint_error;
    case Rule::key_missing:
    case Rule::key_taken:
        return FailureCode::primary_key;
    case Rule::unique:
        return FailureCode::unique_error;
    case Rule::missing_cell:
        return FailureCode::missing_cell;
    case Rule::extra_cell:
        return FailureCode::extra_cell;
    case Rule::blank_row:
        return FailureCode::blank_row;
    case Rule::quoting:
        return FailureCode::malformed_record;
    case Rule::too_long:
        return FailureCode::record_too_long;
    case Rule::cell_too_long:
        return FailureCode::field_too_long;
    case Rule::encoding:
        return FailureCode::encoding_error;
    }
    return FailureCode::internal;
}

namespace {

// At most 60 bytes of a value, cut between characters.
std::string shown(std::string_view value) {
    constexpr std::size_t kShownMax = 60;
    if (value.size() <= kShownMax) return std::string(value);
    std::size_t end = kShownMax;
    while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80U) --end;
    return std::string(value.substr(0, end)) + "...";
}

std::string expected(const Field& field) {
    switch (field.type) {
    case FieldType::integer:
        return "a whole number is expected";
    case FieldType::number:
        return "a number is expected";
    case FieldType::boolean:
        return fmt::format("{} or {} is expected", field.true_values.empty() ? "true" : field.true_values.front(),
                           field.false_values.empty() ? "false" : field.false_values.front());
    case FieldType::date:
        return field.format == "default" ? "a date like 2024-12-31 is expected"
               : field.format == "any"   ? "an unambiguous date is expected"
                                         : fmt::format("a date in the format {} is expected", field.format);
    case FieldType::time:
        return field.format == "default" ? "a time like 23:59:59 is expected"
               : field.format == "any"   ? "an unambiguous time is expected"
                                         : fmt::format("a time in the format {} is expected", field.format);
    case FieldType::datetime:
        return field.format == "default" ? "a date and time like 2024-12-31T23:59:59Z is expected"
               : field.format == "any"   ? "an unambiguous date and time is expected"
                                         : fmt::format("a date and time in the format {} is expected", field.format);
    case FieldType::object:
        return field.format == "python" ? "a Python or JSON object is expected" : "a JSON object is expected";
    case FieldType::array:
        return field.format == "python" ? "a Python or JSON list is expected" : "a JSON array is expected";
    case FieldType::string:
    case FieldType::any:
        return "text is expected";
    }
    return {};
}

std::string one_of(const std::vector<std::string>& values) {
    constexpr std::size_t kListedMax = 8;
    std::string text;
    for (std::size_t i = 0; i < values.size() && i < kListedMax; ++i) text += (i == 0 ? "" : ", ") + values[i];
    if (values.size() > kListedMax) text += fmt::format(" and {} more", values.size() - kListedMax);
    return text;
}

} // namespace

std::string describe(const Flaw& flaw, const Field* field) {
    const std::string value = flaw.value.size == 0xFFFFFFFF ? std::string() : shown(flaw.value.view());
    const std::string name = field == nullptr ? std::string() : field->name;
    switch (flaw.rule) {
    case Rule::type:
        return fmt::format("`{}` is `{}`; {}", name, value, expected(*field));
    case Rule::number_range:
        return fmt::format("`{}` is {}; whole numbers go from -9223372036854775808 to 9223372036854775807", name,
                           value);
    case Rule::required:
        return fmt::format("`{}` is missing; a value is required", name);
    case Rule::minimum:
        return fmt::format("`{}` is {}; at least {} is allowed", name, value, *field->constraints.minimum);
    case Rule::maximum:
        return fmt::format("`{}` is {}; at most {} is allowed", name, value, *field->constraints.maximum);
    case Rule::min_length:
        return fmt::format("`{}` is `{}`; its length must be at least {}", name, value, *field->constraints.min_length);
    case Rule::max_length:
        return fmt::format("`{}` is `{}`; its length may be at most {}", name, value, *field->constraints.max_length);
    case Rule::pattern:
        return fmt::format("`{}` is `{}`; it must match {}", name, value, *field->constraints.pattern);
    case Rule::enumeration:
        return fmt::format("`{}` is `{}`; allowed are {}", name, value, one_of(field->constraints.enumeration));
    case Rule::key_missing:
        return fmt::format("`{}` is missing; it is part of the primary key", name);
    case Rule::key_taken:
        return fmt::format("the primary key {} came before", value);
    case Rule::unique:
        return fmt::format("`{}` is `{}`, which came before; every value must be unique", name, value);
    case Rule::missing_cell:
        return name.empty() ? fmt::format("the record ends before cell {}", flaw.column)
                            : fmt::format("the record ends before `{}` (cell {})", name, flaw.column);
    case Rule::extra_cell:
        return fmt::format("cell {} (`{}`) has no column; the record has more cells than the header", flaw.column,
                           value);
    case Rule::blank_row:
        return "the record is empty";
    case Rule::quoting:
        return "the record cannot be split into cells: a quoted cell is not closed, or text follows its closing quote";
    case Rule::too_long:
        return "the record is longer than allowed";
    case Rule::cell_too_long:
        return fmt::format("cell {} is longer than allowed", flaw.column);
    case Rule::encoding:
        return fmt::format("`{}` is not valid UTF-8", name);
    }
    return {};
}

} // namespace inlet
