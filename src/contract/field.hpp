// One column of a dataset: its name, type, format and constraints, after Frictionless Table Schema v1
// (https://specs.frictionlessdata.io/table-schema/). Floor 1; plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inlet {

enum class FieldType : std::uint8_t { string, integer, number, boolean, date, datetime, time, object, array, any };

std::string_view to_string(FieldType type); // Table Schema's name
std::optional<FieldType> field_type_from(std::string_view name);

struct Constraints {
    bool required = false;
    bool unique = false;
    // minimum, maximum, enumeration: of integer and number fields JSON numbers, whatever the field's notation; else a
    // text in the field's own format (trueValues, pattern), as in its cells. parse_schema() lets through only values of
    // the field's type.
    std::optional<std::string> minimum;
    std::optional<std::string> maximum;
    std::optional<std::int64_t>
        min_length; // characters (Unicode code points) of a string; items of an array; members of an object
    std::optional<std::int64_t> max_length;
    std::optional<std::string> pattern;   // RE2 syntax, matches the whole value
    std::vector<std::string> enumeration; // empty: any value

    bool operator==(const Constraints&) const = default;
};

struct Field {
    std::string name;
    std::string title;
    std::string description;
    FieldType type = FieldType::string;
    // default; date, datetime, time: `any` or a strptime pattern; object, array: `python` (a Python literal is read
    // too).
    std::string format = "default";
    Constraints constraints;
    std::vector<std::string> true_values{"true", "True", "TRUE", "1"};
    std::vector<std::string> false_values{"false", "False", "FALSE", "0"};
    std::string decimal_char = ".";
    std::string group_char;
    bool bare_number = true;

    bool operator==(const Field&) const = default;
};

struct Schema {
    std::vector<Field> fields;
    std::vector<std::size_t> primary_key;        // positions in fields; empty: no key. Key fields are required
    std::vector<std::string> missing_values{""}; // cells that count as absent

    bool operator==(const Schema&) const = default;
    std::optional<std::size_t> find(std::string_view name) const;
};

} // namespace inlet
