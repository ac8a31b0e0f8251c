// Takes values out of the tree, and reports each that is not what was expected. Floor 1, inside contract/; one thread.
// Every function answers nothing after it has reported why.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contract/reading/document.hpp"
#include "contract/reading/keys.hpp"
#include "contract/reading/mistakes.hpp"
#include "contract/reading/nearest.hpp"

namespace inlet::reading {

// A mapping, its keys checked: it is one, no key stands twice, and (if there is a key set) all are known.
class Mapping {
public:
    // `thing` names it in messages: "dataset `ratings`". `place` is where it is named.
    Mapping(const Element& node, Place place, std::string thing, const Page& page, const KeySet* key_set);

    bool usable() const { return usable_; }
    const std::string& thing() const { return thing_; }
    const std::vector<const Entry*>& entries() const { return entries_; } // each key once
    const Element* find(std::string_view key) const;
    const Element* require(
        std::string_view key) const; // reports a key that is not there, unless a slip of the pen was reported for it

private:
    const Page& page_;
    Place place_;
    std::string thing_;
    std::vector<const Entry*> entries_;
    std::vector<std::string_view> misspelt_; // keys that unknown ones were taken for
    bool usable_ = false;
};

// What stands there, for "found ...": "`abc`", "a list", "nothing".
std::string found(const Element& node);

// `name` names the value in messages: "`max_rows`", "an item of `enum`".
std::optional<std::string> read_text(const Element& node, std::string_view name, const Page& page); // not empty
std::optional<std::string> read_any_text(const Element& node, std::string_view name, const Page& page);
std::optional<bool> read_truth(const Element& node, std::string_view name, const Page& page);
std::optional<std::int64_t> read_count(const Element& node, std::string_view name, const Page& page);
std::optional<double> read_share(const Element& node, std::string_view name, const Page& page);       // "1%" or 0.01
std::optional<std::uint64_t> read_size(const Element& node, std::string_view name, const Page& page); // "1 MiB"
std::optional<std::chrono::seconds> read_duration(const Element& node, std::string_view name,
                                                  const Page& page); // "90d"
std::vector<std::string> read_texts(const Element& node, std::string_view name,
                                    const Page& page); // those that are texts

// A text, or a list of texts, each with its place.
std::vector<std::pair<std::string, Place>> read_names(const Element& node, std::string_view name, const Page& page);

template <class Word>
using Words = std::vector<std::pair<std::string_view, Word>>;

// The position of the word in `words`.
std::optional<std::size_t> read_word_at(const Element& node, std::string_view name,
                                        std::span<const std::string_view> words, const Page& page,
                                        Synonyms synonyms = {});

template <class Word>
std::optional<Word> read_word(const Element& node, std::string_view name, const Words<Word>& words, const Page& page,
                              Synonyms synonyms = {}) {
    std::vector<std::string_view> spellings;
    for (const auto& [spelling, word] : words) spellings.push_back(spelling);
    const auto at = read_word_at(node, name, spellings, page, synonyms);
    if (!at) return std::nullopt;
    return words[*at].second;
}

// `"$schema"` and other values that only other programs read: text is all that is asked.
void read_ignored(const Mapping& mapping, std::string_view key, const Page& page);

} // namespace inlet::reading
