// Reads a constraint's value (minimum, maximum, enum) in its field's own notation, so that `inlet check` can say
// whether it is one. The few values of a contract need no speed; records/ holds the fast converters of the many values
// of a file. Floor 1, inside contract/; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "contract/field.hpp"
#include "contract/reading/document.hpp"

namespace inlet::reading {

// integer, number: itself; boolean: 0 or 1; date, datetime, time: microseconds. A long double holds each of them
// exactly (64 bits of mantissa or more), so that values of one field compare as the field's do.
using Value = long double;

// Lexical rules: Table Schema v1, "Types and Formats". Bounds of a field whose format is `any` are written in the
// default notation. Only for the types above.
std::optional<Value> read_value(const Field& field, std::string_view text);

struct ConstraintValue {
    std::string text;           // as Constraints holds it
    std::optional<Value> value; // of the types that have one
};

// A constraint's value. Table Schema lets it be a primitive of JSON (0.5, true) or a text in the field's notation
// ("0,5", "yes"). Numbers become JSON numbers, the shortest of that value; all else is put into the field's notation.
std::optional<ConstraintValue> read_constraint_value(const Field& field, const Element& scalar);

// "a whole number", "a date such as 2024-12-31", "a date written as %d/%m/%Y".
std::string wanted(const Field& field);

// What is wrong with a strptime pattern for that type, if anything: an unknown or repeated directive, or none that
// tells the year (of a date or datetime) or the hour (of a time). The directives are those of Python's strptime that do
// not hang on a locale or on week numbers.
std::optional<std::string> pattern_mistake(std::string_view pattern, FieldType type);

} // namespace inlet::reading
