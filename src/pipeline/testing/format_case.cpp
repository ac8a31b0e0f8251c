// See format_case.hpp. The reader of YAML reads JSON too, which is a part of it.
#include "pipeline/testing/format_case.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "contract/reading/document.hpp"

namespace inlet {

namespace {

using reading::Document;
using reading::Element;

std::filesystem::path cases_folder() { return std::filesystem::path(__FILE__).parent_path() / "../../../tests/cases"; }

// Empty if there is no such file.
std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

class Json {
public:
    Json(std::string_view text, const std::string& name) {
        reading::Mistakes mistakes(name);
        document_ = Document::parse(text, {name, mistakes});
        for (const Diagnostic& mistake : std::move(mistakes).sorted()) ADD_FAILURE() << to_string(mistake);
    }
    const Element& root() const { return document_ ? document_->root() : nothing_; }
    // A member of the root; null if it is not there.
    const Element& at(std::string_view key) const {
        const reading::Entry* found = root().find(key);
        if (found == nullptr) ADD_FAILURE() << "there is no " << key;
        return found != nullptr ? *found->value : nothing_;
    }

private:
    std::optional<Document> document_;
    const Element nothing_;
};

std::string value_text(const Element& value) {
    if (value.kind == Element::Kind::null) return "null";
    return value.quoted ? fmt::format("`{}`", value.text) : value.text;
}

Members members_of(const Element& object) {
    Members members;
    for (const reading::Entry& entry : object.entries) members[entry.key] = value_text(*entry.value);
    return members;
}

TextCells cells_of(const Element& row) {
    TextCells cells;
    for (const Element* cell : row.items) {
        cells.push_back(cell->kind == Element::Kind::null ? std::nullopt : std::optional(cell->text));
    }
    return cells;
}

std::string dialect_words(const std::string& delimiter, const std::string& quote, bool header) {
    return fmt::format("`{}` `{}` {}", delimiter, quote, header ? "header" : "no header");
}

} // namespace

std::vector<std::string> format_case_names() {
    std::vector<std::string> names;
    std::error_code missing; // nothing is listed then
    for (const auto& entry : std::filesystem::directory_iterator(cases_folder(), missing)) {
        if (entry.is_directory()) names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

std::vector<std::string> format_case_names_with_schema() {
    std::vector<std::string> names = format_case_names();
    std::erase_if(names,
                  [](const auto& name) { return !std::filesystem::exists(cases_folder() / name / "schema.json"); });
    return names;
}

FormatCase read_format_case(const std::string& name) {
    const std::filesystem::path folder = cases_folder() / name;
    FormatCase out;
    out.input = text_of(folder / "input.csv");
    out.schema = text_of(folder / "schema.json");
    out.dialect = text_of(folder / "dialect.json");
    const Json expected(text_of(folder / "expected.json"), name + "/expected.json");
    const Members dialect = members_of(expected.at("dialect"));
    const auto unquoted = [](const std::string& text) { return text.substr(1, text.size() - 2); };
    out.expected_dialect = dialect_words(unquoted(dialect.at("delimiter")), unquoted(dialect.at("quoteChar")),
                                         dialect.at("header") == "true");
    for (const Element* row : expected.at("rows").items) out.rows.push_back(cells_of(*row));
    for (const Element* violation : expected.at("violations").items) {
        out.violations.push_back(members_of(*violation));
        if (out.violations.back().at("row") == "0") out.stored = false;
    }
    return out;
}

std::string dialect_words(const Dialect& dialect) {
    const char quote = dialect.quote_char.value_or('\0');
    return dialect_words(std::string(1, dialect.delimiter.value_or('?')), std::string(quote == '\0' ? 0 : 1, quote),
                         dialect.header.value_or(false));
}

std::vector<Members> error_members(std::string_view error_list, const std::vector<Members>& expected) {
    std::vector<Members> out;
    while (!error_list.empty()) {
        const std::size_t end = std::min(error_list.find('\n'), error_list.size() - 1);
        const Json line(error_list.substr(0, end), "error list");
        error_list.remove_prefix(end + 1);
        Members members = members_of(line.root());
        if (out.size() < expected.size()) {
            const Members& wanted = expected[out.size()];
            std::erase_if(members, [&](const auto& member) { return !wanted.contains(member.first); });
        }
        out.push_back(std::move(members));
    }
    return out;
}

} // namespace inlet
