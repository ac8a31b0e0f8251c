// A YAML or JSON text as a tree whose every node knows its place. The only door to yaml-cpp, which document.cpp keeps
// to itself. Unlike yaml-cpp's own tree it keeps keys that are given twice, so that they can be reported. Floor 1,
// inside contract/ and for tests; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contract/reading/mistakes.hpp"

namespace inlet::reading {

struct Element;

struct Entry {
    std::string key;
    Place place; // of the key
    const Element* value = nullptr;
};

struct Element {
    enum class Kind : std::uint8_t { null, scalar, list, mapping };
    Kind kind = Kind::null;
    bool quoted = false;               // a scalar in quotes, or a block of text: never a number or a truth value
    Place place;                       // of a null that is the value of a key: the key's
    std::string text;                  // of a scalar
    std::vector<const Element*> items; // of a list
    std::vector<Entry> entries;        // of a mapping, in the order of the file

    const Entry* find(std::string_view key) const; // the first of that key
};

// Owns its nodes; aliases (`*name`) share them.
class Document {
public:
    static constexpr std::size_t kBytesMax = 4 << 20;

    // Reads UTF-8 YAML 1.2 (JSON is YAML). One document; at most kBytesMax. What is wrong is reported to the page, and
    // then there is none.
    static std::optional<Document> parse(std::string_view text, const Page& page);

    const Element& root() const { return *root_; }

private:
    friend class DocumentBuilder;
    std::deque<Element> nodes_; // never moves its nodes
    const Element* root_ = nullptr;
};

} // namespace inlet::reading
