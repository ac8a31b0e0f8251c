// Table Schema: fields, primary key, missing values. See schema_reader.hpp; fields are read by field_reader.cpp.
#include "contract/reading/schema_reader.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "contract/reading/field_reader.hpp"
#include "contract/reading/walker.hpp"

namespace inlet::reading {

namespace {

// SQL does not tell upper from lower case in names (that of DuckDB and SQLite folds ASCII letters only).
std::string folded(std::string_view name) {
    std::string text(name);
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

std::vector<Field> read_fields(const Element& node, const Page& page) {
    std::vector<Field> fields;
    if (node.kind != Element::Kind::list || node.items.empty()) {
        page.wrong(node.place, fmt::format("`fields` must be a list with at least one field; found {}",
                                           node.kind == Element::Kind::list ? "an empty one" : found(node)));
        return fields;
    }
    std::map<std::string, std::pair<std::string, Place>> names;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        const Element& item = *node.items[i];
        Field field = read_field(item, i, page);
        if (!field.name.empty()) {
            const Entry* entry = item.find("name");
            const auto [first, is_new] = names.try_emplace(folded(field.name), field.name, entry->value->place);
            if (!is_new) {
                const auto& [other, place] = first->second;
                page.wrong(entry->value->place,
                           other == field.name ? fmt::format("there are two fields named `{}`; the first is in line {}",
                                                             other, place.line)
                                               : fmt::format("field `{}` has the name of field `{}` (line {}): SQL "
                                                             "does not tell upper from lower case",
                                                             field.name, other, place.line));
            }
        }
        fields.push_back(std::move(field));
    }
    return fields;
}

void read_primary_key(const Element& node, Schema& schema, const Page& page) {
    std::vector<std::string_view> names;
    names.reserve(schema.fields.size());
    for (const Field& field : schema.fields) names.push_back(field.name);
    for (const auto& [name, place] : read_names(node, "`primaryKey`", page)) {
        const auto position = schema.find(name);
        if (!position) {
            page.wrong(place, fmt::format("`primaryKey` names `{}`, which is not a field", name),
                       did_you_mean(name, names));
            continue;
        }
        Field& field = schema.fields[*position];
        if (field.type == FieldType::object || field.type == FieldType::array) {
            page.wrong(place, fmt::format("field `{}` is of type {}, which cannot be part of a primary key", name,
                                          to_string(field.type)));
        }
        field.constraints.required = true; // "equivalent to adding required: true"
        schema.primary_key.push_back(*position);
    }
}

} // namespace

ReadSchema read_schema(const Element& node, Place place, const Page& page) {
    static constexpr KeySet kKeys{keys::kSchema, keys::kSchemaLater};
    ReadSchema read;
    const Mapping mapping(node, place, "the schema", page, &kKeys);
    if (!mapping.usable()) return read;
    read_ignored(mapping, "$schema", page);
    if (const Element* fields = mapping.require("fields")) {
        read.schema.fields = read_fields(*fields, page);
        read.usable = !read.schema.fields.empty();
    }
    if (const Element* missing = mapping.find("missingValues")) {
        read.schema.missing_values = read_texts(*missing, "`missingValues`", page);
    }
    if (const Element* key = mapping.find("primaryKey")) {
        read.has_key = true;
        if (read.usable) read_primary_key(*key, read.schema, page);
    }
    return read;
}

} // namespace inlet::reading
