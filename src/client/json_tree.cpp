#include "client/json_tree.hpp"

#include <algorithm>
#include <charconv>

#include "records/violation_line.hpp"

namespace inlet::client {

namespace {

// `value` is well formed, since it was taken as a whole.
std::optional<JsonTree> tree_of(const JsonValue& value);

std::optional<std::string> string_of(const JsonValue& value) {
    if (!value.escaped) return std::string(value.text);
    return read_json_string(std::string_view(value.text.data() - 1, value.text.size() + 2));
}

bool read_members(std::string_view text, JsonTree& tree) {
    JsonCursor cursor(text);
    cursor.take('{');
    if (cursor.take('}')) return true;
    do {
        JsonValue name;
        JsonValue value;
        if (!cursor.value(name) || !cursor.take(':') || !cursor.value(value)) return false;
        auto member = string_of(name);
        auto child = tree_of(value);
        if (!member || !child) return false;
        tree.members.emplace_back(*std::move(member), *std::move(child));
    } while (cursor.take(','));
    return true;
}

bool read_items(std::string_view text, JsonTree& tree) {
    JsonCursor cursor(text);
    cursor.take('[');
    if (cursor.take(']')) return true;
    do {
        JsonValue value;
        if (!cursor.value(value)) return false;
        auto child = tree_of(value);
        if (!child) return false;
        tree.items.push_back(*std::move(child));
    } while (cursor.take(','));
    return true;
}

std::optional<JsonTree> tree_of(const JsonValue& value) {
    JsonTree tree;
    tree.kind = value.kind;
    if (value.kind == JsonValue::Kind::string) {
        auto text = string_of(value);
        if (!text) return std::nullopt;
        tree.text = *std::move(text);
        return tree;
    }
    tree.text = value.text;
    if (value.kind == JsonValue::Kind::object && !read_members(value.text, tree)) return std::nullopt;
    if (value.kind == JsonValue::Kind::array && !read_items(value.text, tree)) return std::nullopt;
    return tree;
}

} // namespace

std::optional<JsonTree> JsonTree::parse(std::string_view text) {
    JsonCursor cursor(text);
    JsonValue value;
    if (!cursor.value(value) || cursor.peek() != 0) return std::nullopt;
    return tree_of(value);
}

const JsonTree* JsonTree::find(std::string_view name) const {
    for (const auto& [member, value] : members) {
        if (member == name) return &value;
    }
    return nullptr;
}

std::string JsonTree::text_of(std::string_view name) const {
    const JsonTree* member = find(name);
    return member != nullptr && member->kind == JsonValue::Kind::string ? member->text : std::string();
}

std::int64_t JsonTree::integer_of(std::string_view name) const {
    const JsonTree* member = find(name);
    return member != nullptr ? member->integer() : 0;
}

bool JsonTree::truth_of(std::string_view name) const {
    const JsonTree* member = find(name);
    return member != nullptr && member->kind == JsonValue::Kind::boolean && member->text == "true";
}

const std::vector<JsonTree>& JsonTree::items_of(std::string_view name) const {
    static const std::vector<JsonTree> kNone;
    const JsonTree* member = find(name);
    return member != nullptr ? member->items : kNone;
}

std::int64_t JsonTree::integer() const {
    std::int64_t number = 0;
    if (kind != JsonValue::Kind::number) return 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

} // namespace inlet::client
