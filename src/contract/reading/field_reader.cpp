// Table Schema v1, "Field Descriptors". See field_reader.hpp.
#include "contract/reading/field_reader.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <re2/re2.h>

#include "contract/reading/value.hpp"
#include "contract/reading/walker.hpp"

namespace inlet::reading {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t kNameBytesMax = 255;

constexpr std::array kTypes{"string"sv,   "integer"sv, "number"sv, "boolean"sv, "date"sv,
                            "datetime"sv, "time"sv,    "object"sv, "array"sv,   "any"sv};
constexpr std::array kTypesLater{"year"sv, "yearmonth"sv, "duration"sv, "geopoint"sv, "geojson"sv, "list"sv};
constexpr std::array<std::pair<std::string_view, std::string_view>, 24> kTypeSynonyms{
    {{"int", "integer"},      {"int64", "integer"},      {"int32", "integer"},        {"bigint", "integer"},
     {"smallint", "integer"}, {"long", "integer"},       {"float", "number"},         {"float64", "number"},
     {"double", "number"},    {"real", "number"},        {"decimal", "number"},       {"numeric", "number"},
     {"bool", "boolean"},     {"text", "string"},        {"str", "string"},           {"varchar", "string"},
     {"char", "string"},      {"timestamp", "datetime"}, {"timestamptz", "datetime"}, {"json", "object"},
     {"dict", "object"},      {"map", "object"},         {"struct", "object"},        {"tuple", "array"}}};
constexpr std::array kStringFormatsLater{"email"sv, "uri"sv, "binary"sv, "uuid"sv};

bool is_temporal(FieldType type) {
    return type == FieldType::date || type == FieldType::datetime || type == FieldType::time;
}
bool is_numeric(FieldType type) { return type == FieldType::integer || type == FieldType::number; }
bool is_ordered(FieldType type) { return is_temporal(type) || is_numeric(type); }
bool has_length(FieldType type) {
    return type == FieldType::string || type == FieldType::object || type == FieldType::array;
}

class FieldReader {
public:
    FieldReader(const Element& node, std::size_t position, const Page& page)
        : page_(page), mapping_(node, node.place, thing(node, position), page, &kKeys) {}

    Field read() {
        if (!mapping_.usable()) return {};
        read_name();
        if (const Element* node = mapping_.find("title"))
            field_.title = read_any_text(*node, "`title`", page_).value_or("");
        if (const Element* node = mapping_.find("description"))
            field_.description = read_any_text(*node, "`description`", page_).value_or("");
        read_ignored(mapping_, "rdfType", page_);
        // What a key means depends on the type; where that is not known, only what holds for every type can be said.
        if (read_type()) {
            read_format();
            read_notation();
        }
        if (const Element* node = mapping_.find("constraints")) read_constraints(*node);
        return std::move(field_);
    }

private:
    static constexpr KeySet kKeys{keys::kField, keys::kFieldLater, keys::kFieldMisplaced};

    static std::string thing(const Element& node, std::size_t position) {
        const Entry* name = node.find("name");
        if (name != nullptr && name->value->kind == Element::Kind::scalar && !name->value->text.empty()) {
            return fmt::format("field `{}`", name->value->text);
        }
        return fmt::format("field {}", position + 1);
    }

    void read_name() {
        const Element* node = mapping_.require("name");
        if (node == nullptr) return;
        auto name = read_text(*node, "the name of a field", page_);
        if (!name) return;
        if (name->size() > kNameBytesMax) {
            page_.wrong(node->place,
                        fmt::format("the name of a field has at most {} bytes; found {}", kNameBytesMax, name->size()));
        } else if (name->find('\0') != std::string::npos) {
            page_.wrong(node->place, "the name of a field cannot hold the character NUL");
        } else if (name->starts_with('_')) {
            page_.wrong(node->place,
                        fmt::format("field `{}`: names that begin with `_` are reserved for Inlet", *name));
        } else {
            field_.name = std::move(*name);
        }
    }

    bool read_type() {
        const Element* node = mapping_.find("type");
        if (node == nullptr) return true; // a string
        type_known_ = false;
        if (node->kind == Element::Kind::scalar && std::ranges::find(kTypesLater, node->text) != kTypesLater.end()) {
            page_.wrong(node->place, fmt::format("type `{}` is not supported by this version of Inlet; expected {}",
                                                 node->text, one_of(kTypes)));
        } else if (const auto at = read_word_at(*node, "`type`", kTypes, page_, kTypeSynonyms)) {
            field_.type = *field_type_from(kTypes[*at]);
            type_known_ = true;
        }
        return type_known_;
    }

    void read_format() {
        const Element* node = mapping_.find("format");
        if (node == nullptr) return;
        const auto format = read_text(*node, "`format`", page_);
        if (!format || *format == "default") return;
        if (is_temporal(field_.type)) {
            if (*format == "any" || is_pattern(*node, *format)) field_.format = *format;
            return;
        }
        if (field_.type == FieldType::object || field_.type == FieldType::array) {
            static constexpr std::array kFormats{"default"sv, "python"sv};
            if (const auto at = read_word_at(*node, "`format`", kFormats, page_))
                field_.format = std::string(kFormats[*at]);
            return;
        }
        if (field_.type == FieldType::string &&
            std::ranges::find(kStringFormatsLater, *format) != kStringFormatsLater.end()) {
            page_.wrong(node->place, fmt::format("format `{}` is not supported by this version of Inlet", *format));
            return;
        }
        static constexpr std::array kFormats{"default"sv};
        page_.wrong(node->place,
                    fmt::format("`format` of {}, which is of type {}, must be default; found `{}`", mapping_.thing(),
                                to_string(field_.type), *format),
                    did_you_mean(*format, kFormats));
    }

    bool is_pattern(const Element& node, const std::string& format) {
        if (format.find('%') == std::string::npos) {
            static constexpr std::array kFormats{"default"sv, "any"sv};
            page_.wrong(node.place,
                        fmt::format("`format` of {} must be default, any or a pattern such as %d/%m/%Y; found `{}`",
                                    mapping_.thing(), format),
                        did_you_mean(format, kFormats));
            return false;
        }
        const auto mistake = pattern_mistake(format, field_.type);
        if (mistake) page_.wrong(node.place, fmt::format("the pattern `{}` {}", format, *mistake));
        return !mistake;
    }

    // The node of a key that only some types have; a mistake for the others.
    const Element* of_types(const Mapping& mapping, std::string_view key, bool fits, std::string_view types) {
        const Element* node = mapping.find(key);
        if (node == nullptr || fits) return node;
        page_.wrong(node->place, fmt::format("`{}` is for {}; {} is of type {}", key, types, mapping_.thing(),
                                             to_string(field_.type)));
        return nullptr;
    }

    void read_notation() {
        const bool boolean = field_.type == FieldType::boolean;
        const Element* true_values = of_types(mapping_, "trueValues", boolean, "boolean fields");
        const Element* false_values = of_types(mapping_, "falseValues", boolean, "boolean fields");
        if (true_values != nullptr) field_.true_values = read_texts(*true_values, "`trueValues`", page_);
        if (false_values != nullptr) field_.false_values = read_texts(*false_values, "`falseValues`", page_);
        for (const std::string& text : field_.true_values) {
            if (std::ranges::find(field_.false_values, text) == field_.false_values.end()) continue;
            page_.wrong(
                (false_values != nullptr ? false_values : true_values)->place,
                fmt::format("`{}` stands in both `trueValues` and `falseValues` of {}", text, mapping_.thing()));
        }
        if (const Element* node =
                of_types(mapping_, "decimalChar", field_.type == FieldType::number, "number fields")) {
            if (const auto sign = read_sign(*node, "`decimalChar`")) field_.decimal_char = *sign;
        }
        if (const Element* node =
                of_types(mapping_, "groupChar", is_numeric(field_.type), "number and integer fields")) {
            const bool none =
                node->kind == Element::Kind::null || (node->kind == Element::Kind::scalar && node->text.empty());
            if (!none) {
                if (const auto sign = read_sign(*node, "`groupChar`")) field_.group_char = *sign;
                if (field_.type == FieldType::number && field_.group_char == field_.decimal_char) {
                    page_.wrong(node->place, fmt::format("`groupChar` and `decimalChar` of {} are both `{}`",
                                                         mapping_.thing(), field_.group_char));
                }
            }
        }
        if (const Element* node =
                of_types(mapping_, "bareNumber", is_numeric(field_.type), "number and integer fields")) {
            field_.bare_number = read_truth(*node, "`bareNumber`", page_).value_or(true);
        }
    }

    // One character that cannot be taken for a part of a number.
    std::optional<std::string> read_sign(const Element& node, std::string_view name) {
        auto text = read_text(node, name, page_);
        if (!text) return std::nullopt;
        const auto characters =
            std::ranges::count_if(*text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; });
        if (characters != 1 || "0123456789+-eE"sv.find(text->front()) != std::string_view::npos) {
            page_.wrong(node.place, fmt::format("{} must be one character that is no digit, sign or exponent; found {}",
                                                name, found(node)));
            return std::nullopt;
        }
        return text;
    }

    void read_constraints(const Element& node) {
        static constexpr KeySet kConstraintKeys{keys::kConstraints, keys::kConstraintsLater};
        const Mapping mapping(node, node.place, fmt::format("the constraints of {}", mapping_.thing()), page_,
                              &kConstraintKeys);
        if (!mapping.usable()) return;
        Constraints& constraints = field_.constraints;
        if (const Element* one = mapping.find("required"))
            constraints.required = read_truth(*one, "`required`", page_).value_or(false);
        if (const Element* one = mapping.find("unique"))
            constraints.unique = read_truth(*one, "`unique`", page_).value_or(false);
        if (!type_known_) return;

        constexpr std::string_view kLong = "string, array and object fields";
        if (const Element* one = of_types(mapping, "minLength", has_length(field_.type), kLong)) {
            constraints.min_length = read_count(*one, "`minLength`", page_);
        }
        if (const Element* one = of_types(mapping, "maxLength", has_length(field_.type), kLong)) {
            constraints.max_length = read_count(*one, "`maxLength`", page_);
            if (constraints.min_length && constraints.max_length && *constraints.min_length > *constraints.max_length) {
                page_.wrong(one->place,
                            fmt::format("`maxLength` {} of {} is below its `minLength` {}", *constraints.max_length,
                                        mapping_.thing(), *constraints.min_length));
            }
        }
        read_bounds(mapping);
        if (const Element* one = of_types(mapping, "pattern", field_.type == FieldType::string, "string fields"))
            read_pattern(*one);
        if (const Element* one = mapping.find("enum")) read_enum(*one);
    }

    void read_bounds(const Mapping& mapping) {
        constexpr std::string_view kOrdered = "integer, number, date, datetime and time fields";
        const Element* minimum = of_types(mapping, "minimum", is_ordered(field_.type), kOrdered);
        const Element* maximum = of_types(mapping, "maximum", is_ordered(field_.type), kOrdered);
        const auto low =
            minimum == nullptr ? std::nullopt : read_bound(*minimum, "minimum", field_.constraints.minimum);
        const auto high =
            maximum == nullptr ? std::nullopt : read_bound(*maximum, "maximum", field_.constraints.maximum);
        if (low && high && *low > *high) {
            page_.wrong(maximum->place,
                        fmt::format("`maximum` {} of {} is below its `minimum` {}", *field_.constraints.maximum,
                                    mapping_.thing(), *field_.constraints.minimum));
        }
    }

    std::optional<Value> read_bound(const Element& node, std::string_view key, std::optional<std::string>& bound) {
        if (node.kind == Element::Kind::scalar) {
            if (auto read = read_constraint_value(field_, node)) {
                bound = std::move(read->text);
                return read->value;
            }
        }
        page_.wrong(node.place,
                    fmt::format("`{}` of {} must be {}; found {}", key, mapping_.thing(), wanted(field_), found(node)));
        return std::nullopt;
    }

    void read_pattern(const Element& node) {
        auto text = read_text(node, "`pattern`", page_);
        if (!text) return;
        RE2::Options options;
        options.set_log_errors(false);
        const RE2 expression(*text, options);
        if (!expression.ok()) {
            page_.wrong(node.place, fmt::format("the pattern of {} is not a regular expression (RE2): {}",
                                                mapping_.thing(), expression.error()));
            return;
        }
        field_.constraints.pattern = std::move(*text);
    }

    void read_enum(const Element& node) {
        if (node.kind != Element::Kind::list || node.items.empty()) {
            page_.wrong(node.place,
                        fmt::format("`enum` of {} must be a list with at least one value; found {}", mapping_.thing(),
                                    node.kind == Element::Kind::list ? "an empty one" : found(node)));
            return;
        }
        for (const Element* item : node.items) {
            if (item->kind != Element::Kind::scalar) {
                const bool json = field_.type == FieldType::object || field_.type == FieldType::array;
                page_.wrong(item->place,
                            fmt::format("an item of `enum` of {} must be {}; found {}", mapping_.thing(),
                                        json ? "its JSON as a text" : wanted(field_), found(*item)),
                            item->kind == Element::Kind::null
                                ? "a field that is not required may be empty whatever its `enum` says"
                                : "");
                continue;
            }
            auto read = read_constraint_value(field_, *item);
            if (!read) {
                page_.wrong(item->place, fmt::format("an item of `enum` of {} must be {}; found {}", mapping_.thing(),
                                                     wanted(field_), found(*item)));
                continue;
            }
            if (std::ranges::find(field_.constraints.enumeration, read->text) != field_.constraints.enumeration.end()) {
                page_.wrong(item->place,
                            fmt::format("`{}` stands twice in `enum` of {}", read->text, mapping_.thing()));
                continue;
            }
            field_.constraints.enumeration.push_back(std::move(read->text));
        }
    }

    const Page& page_;
    const Mapping mapping_;
    Field field_;
    bool type_known_ = true;
};

} // namespace

Field read_field(const Element& node, std::size_t position, const Page& page) {
    return FieldReader(node, position, page).read();
}

} // namespace inlet::reading
