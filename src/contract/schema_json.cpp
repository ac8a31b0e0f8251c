// The canonical JSON of a schema: one text for one meaning, so that two revisions of a contract can be compared as
// text. It is a Table Schema itself: parse_schema() reads it back.
#include <string>
#include <vector>

#include "base/json_writer.hpp"
#include "contract/project.hpp"

namespace inlet {

namespace {

void write_texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
    json.key(key).begin_array();
    for (const std::string& text : texts) json.value(text);
    json.end_array();
}

// Constraints hold the values of numeric fields as JSON numbers. As texts they would be read in the field's own
// notation.
void write_value(JsonWriter& json, const Field& field, const std::string& value) {
    if (field.type == FieldType::integer || field.type == FieldType::number) {
        json.raw(value);
    } else {
        json.value(value);
    }
}

void write_constraints(JsonWriter& json, const Field& field) {
    const Constraints& constraints = field.constraints;
    json.key("constraints").begin_object();
    if (!constraints.enumeration.empty()) {
        json.key("enum").begin_array();
        for (const std::string& value : constraints.enumeration) write_value(json, field, value);
        json.end_array();
    }
    if (constraints.max_length) json.member("maxLength", *constraints.max_length);
    if (constraints.maximum) write_value(json.key("maximum"), field, *constraints.maximum);
    if (constraints.min_length) json.member("minLength", *constraints.min_length);
    if (constraints.minimum) write_value(json.key("minimum"), field, *constraints.minimum);
    if (constraints.pattern) json.member("pattern", *constraints.pattern);
    if (constraints.required) json.member("required", true);
    if (constraints.unique) json.member("unique", true);
    json.end_object();
}

void write_field(JsonWriter& json, const Field& field) {
    static const Field kPlain;
    json.begin_object();
    json.member("name", field.name).member("type", to_string(field.type)).member("format", field.format);
    // The notation is named only where it is not the usual one, as Table Schema allows it only for the types that have
    // it.
    if (field.true_values != kPlain.true_values) write_texts(json, "trueValues", field.true_values);
    if (field.false_values != kPlain.false_values) write_texts(json, "falseValues", field.false_values);
    if (field.decimal_char != kPlain.decimal_char) json.member("decimalChar", field.decimal_char);
    if (field.group_char != kPlain.group_char) json.member("groupChar", field.group_char);
    if (field.bare_number != kPlain.bare_number) json.member("bareNumber", field.bare_number);
    write_constraints(json, field);
    json.end_object();
}

} // namespace

std::string schema_json(const Schema& schema) {
    JsonWriter json;
    json.begin_object();
    json.key("fields").begin_array();
    for (const Field& field : schema.fields) write_field(json, field);
    json.end_array();
    write_texts(json, "missingValues", schema.missing_values);
    if (!schema.primary_key.empty()) {
        json.key("primaryKey").begin_array();
        for (std::size_t position : schema.primary_key) json.value(schema.fields[position].name);
        json.end_array();
    }
    json.end_object();
    return json.take();
}

} // namespace inlet
