// CSV Dialect 1.2. What Inlet's reader does in one way only may be said in a dialect as long as it says that way.
#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "contract/reading/schema_reader.hpp"
#include "contract/reading/walker.hpp"

namespace inlet::reading {

namespace {

// One byte that can stand between or around cells.
std::optional<char> read_character(const Element& node, std::string_view name, const Page& page) {
    const auto text = read_text(node, name, page);
    if (!text) return std::nullopt;
    if (*text == "\\t") return '\t'; // as plain YAML text has it, and as the specification's example writes it
    const auto byte = static_cast<unsigned char>(text->front());
    if (text->size() == 1 && byte < 0x7F && (byte >= 0x20 || byte == '\t')) return text->front();
    page.wrong(node.place, fmt::format("{} must be one ASCII character; found {}", name, found(node)),
               *text == "tab" || *text == "TAB" ? "did you mean \"\\t\"?" : "");
    return std::nullopt;
}

void only(const Mapping& mapping, std::string_view key, bool supported, const Page& page) {
    const Element* node = mapping.find(key);
    if (node == nullptr) return;
    const std::string name = fmt::format("`{}`", key);
    const auto truth = read_truth(*node, name, page);
    if (truth && *truth != supported) {
        page.wrong(node->place, fmt::format("{} is always {} in this version of Inlet", name, supported));
    }
}

} // namespace

Dialect read_dialect(const Element& node, Place place, const Page& page) {
    static constexpr KeySet kKeys{keys::kDialect, keys::kDialectLater, keys::kDialectMisplaced};
    Dialect dialect;
    const Mapping mapping(node, place, "the dialect", page, &kKeys);
    if (!mapping.usable()) return dialect;
    if (const Element* one = mapping.find("delimiter")) dialect.delimiter = read_character(*one, "`delimiter`", page);
    const Element* quote = mapping.find("quoteChar");
    if (quote != nullptr) {
        const bool none =
            quote->kind == Element::Kind::null || (quote->kind == Element::Kind::scalar && quote->text.empty());
        dialect.quote_char = none ? '\0' : read_character(*quote, "`quoteChar`", page);
    }
    if (quote != nullptr && dialect.delimiter && dialect.quote_char && *dialect.delimiter == *dialect.quote_char) {
        page.wrong(quote->place, "`quoteChar` and `delimiter` are the same character");
    }
    if (const Element* one = mapping.find("header")) dialect.header = read_truth(*one, "`header`", page);

    only(mapping, "doubleQuote", true, page);
    only(mapping, "skipInitialSpace", false, page);
    only(mapping, "caseSensitiveHeader", false, page);
    if (const Element* one = mapping.find("lineTerminator")) {
        static constexpr std::array<std::string_view, 2> kLineEnds{"\r\n", "\n"};
        if (one->kind != Element::Kind::scalar || std::ranges::find(kLineEnds, one->text) == kLineEnds.end()) {
            page.wrong(one->place, "`lineTerminator` must be \"\\r\\n\" or \"\\n\"; both are always read");
        }
    }
    read_ignored(mapping, "csvddfVersion", page);
    return dialect;
}

} // namespace inlet::reading
