// The names of the field types, and looking a field up. See field.hpp.
#include "contract/field.hpp"

#include <array>
#include <utility>

namespace inlet {

namespace {

constexpr std::array<std::pair<FieldType, std::string_view>, 10> kTypeNames{{
    {FieldType::string, "string"},
    {FieldType::integer, "integer"},
    {FieldType::number, "number"},
    {FieldType::boolean, "boolean"},
    {FieldType::date, "date"},
    {FieldType::datetime, "datetime"},
    {FieldType::time, "time"},
    {FieldType::object, "object"},
    {FieldType::array, "array"},
    {FieldType::any, "any"},
}};

} // namespace

std::string_view to_string(FieldType type) {
    for (const auto& [value, name] : kTypeNames) {
        if (value == type) return name;
    }
    return {};
}

std::optional<FieldType> field_type_from(std::string_view name) {
    for (const auto& [value, known] : kTypeNames) {
        if (known == name) return value;
    }
    return std::nullopt;
}

std::optional<std::size_t> Schema::find(std::string_view name) const {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].name == name) return i;
    }
    return std::nullopt;
}

} // namespace inlet
