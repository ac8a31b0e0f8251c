// Typed reading of nodes. See walker.hpp.
#include "contract/reading/walker.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/byte_count.hpp"
#include "contract/duration.hpp"

namespace inlet::reading {

namespace {

constexpr std::size_t kShownBytesMax = 60;

// A share or a count as people write numbers: digits, perhaps a point and more digits.
std::optional<double> plain_number(std::string_view text) {
    if (text.empty() || text.find_first_not_of("0123456789.+-eE") != std::string_view::npos) return std::nullopt;
    double number = 0;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [stop, error] = std::from_chars(begin, end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

bool is_plain(const Element& node) { return node.kind == Element::Kind::scalar && !node.quoted; }

void expected(const Element& node, std::string_view name, std::string_view what, const Page& page,
              std::string suggestion = {}) {
    page.wrong(node.place, fmt::format("{} must be {}; found {}", name, what, found(node)), std::move(suggestion));
}

std::string_view advice_for(const KeySet& key_set, std::string_view key) {
    for (const Misplaced& misplaced : key_set.misplaced) {
        if (misplaced.key == key) return misplaced.advice;
    }
    return {};
}

// Returns the key that seems to be meant, or nothing.
std::string_view report_unknown(const Entry& entry, const std::string& thing, const KeySet& key_set, const Page& page) {
    if (std::ranges::find(key_set.later, entry.key) != key_set.later.end()) {
        page.wrong(entry.place, fmt::format("`{}` in {} is not supported by this version of Inlet", entry.key, thing));
        return {};
    }
    std::string suggestion(advice_for(key_set, entry.key));
    std::string_view meant;
    if (suggestion.empty()) {
        meant = nearest(entry.key, key_set.known);
        suggestion = did_you_mean(entry.key, key_set.known);
    }
    // Between braces a comma ends a text that is not quoted, and what follows looks like a key.
    if (suggestion.empty() && entry.value->kind == Element::Kind::null && entry.key.find(' ') != std::string::npos) {
        suggestion = "a text that holds a comma must be quoted here";
    }
    page.wrong(entry.place, fmt::format("unknown key `{}` in {}; expected {}", entry.key, thing, one_of(key_set.known)),
               std::move(suggestion));
    return meant;
}

} // namespace

std::string found(const Element& node) {
    switch (node.kind) {
    case Element::Kind::null:
        return "nothing";
    case Element::Kind::list:
        return "a list";
    case Element::Kind::mapping:
        return "a mapping";
    case Element::Kind::scalar:
        break;
    }
    if (node.text.empty()) return "an empty text";
    if (node.text.size() <= kShownBytesMax) return fmt::format("{0}{1}{0}", node.quoted ? "\"" : "`", node.text);
    std::size_t end = kShownBytesMax;
    while (end > 0 && (static_cast<unsigned char>(node.text[end]) & 0xC0U) == 0x80U) --end; // whole characters
    return fmt::format("`{}...`", std::string_view(node.text).substr(0, end));
}

Mapping::Mapping(const Element& node, Place place, std::string thing, const Page& page, const KeySet* key_set)
    : page_(page), place_(place), thing_(std::move(thing)) {
    if (node.kind != Element::Kind::mapping) {
        page.wrong(node.place,
                   fmt::format("{} must be a mapping{}; found {}", thing_,
                               key_set ? fmt::format(" with {}", one_of(key_set->known)) : "", found(node)));
        return;
    }
    usable_ = true;
    for (const Entry& entry : node.entries) {
        const auto first =
            std::ranges::find(entries_, entry.key, [](const Entry* other) { return std::string_view(other->key); });
        if (first != entries_.end()) {
            page.wrong(entry.place, fmt::format("`{}` stands twice in {}; first in line {}", entry.key, thing_,
                                                (*first)->place.line));
            continue;
        }
        entries_.push_back(&entry);
        if (key_set && std::ranges::find(key_set->known, entry.key) == key_set->known.end()) {
            misspelt_.push_back(report_unknown(entry, thing_, *key_set, page));
        }
    }
}

const Element* Mapping::find(std::string_view key) const {
    for (const Entry* entry : entries_) {
        if (entry->key == key) return entry->value;
    }
    return nullptr;
}

const Element* Mapping::require(std::string_view key) const {
    const Element* node = find(key);
    if (node == nullptr && usable_ && std::ranges::find(misspelt_, key) == misspelt_.end())
        page_.wrong(place_, fmt::format("{} lacks `{}`", thing_, key));
    return node;
}

std::optional<std::string> read_any_text(const Element& node, std::string_view name, const Page& page) {
    if (node.kind == Element::Kind::scalar) return node.text;
    expected(node, name, "a text", page,
             node.kind == Element::Kind::null ? "quote it if a text is meant: \"\" or \"null\"" : "");
    return std::nullopt;
}

std::optional<std::string> read_text(const Element& node, std::string_view name, const Page& page) {
    auto text = read_any_text(node, name, page);
    if (text && text->empty()) {
        page.wrong(node.place, fmt::format("{} must not be empty", name));
        return std::nullopt;
    }
    return text;
}

std::optional<bool> read_truth(const Element& node, std::string_view name, const Page& page) {
    static constexpr std::array<std::string_view, 3> kTrue{"true", "True", "TRUE"};
    static constexpr std::array<std::string_view, 3> kFalse{"false", "False", "FALSE"};
    if (is_plain(node)) {
        if (std::ranges::find(kTrue, node.text) != kTrue.end()) return true;
        if (std::ranges::find(kFalse, node.text) != kFalse.end()) return false;
    }
    static constexpr std::array<std::string_view, 2> kBoth{"true", "false"};
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kMeant{{{"yes", "true"},
                                                                                          {"on", "true"},
                                                                                          {"y", "true"},
                                                                                          {"1", "true"},
                                                                                          {"no", "false"},
                                                                                          {"off", "false"},
                                                                                          {"n", "false"},
                                                                                          {"0", "false"}}};
    expected(node, name, "true or false", page,
             node.kind == Element::Kind::scalar ? did_you_mean(node.text, kBoth, kMeant) : "");
    return std::nullopt;
}

std::optional<std::int64_t> read_count(const Element& node, std::string_view name, const Page& page) {
    if (is_plain(node)) {
        std::int64_t count = 0;
        const char* end = node.text.data() + node.text.size();
        const auto [stop, error] = std::from_chars(node.text.data(), end, count);
        if (error == std::errc() && stop == end && count >= 0) return count;
    }
    expected(node, name, "a whole number, 0 or more", page);
    return std::nullopt;
}

std::optional<double> read_share(const Element& node, std::string_view name, const Page& page) {
    if (node.kind == Element::Kind::scalar) {
        std::string_view text = node.text;
        const bool percent = text.ends_with('%');
        if (percent) {
            text.remove_suffix(1);
            if (text.ends_with(' ')) text.remove_suffix(1);
        }
        if (percent || !node.quoted) {
            if (const auto number = plain_number(text)) {
                const double share = percent ? *number / 100 : *number;
                if (share >= 0 && share <= 1) return share;
                if (!percent && *number > 1 && *number <= 100) {
                    expected(node, name, "a share from 0 to 1, such as 1% or 0.01", page,
                             fmt::format("did you mean `{}%`?", node.text));
                    return std::nullopt;
                }
            }
        }
    }
    expected(node, name, "a share from 0 to 1, such as 1% or 0.01", page);
    return std::nullopt;
}

std::optional<std::uint64_t> read_size(const Element& node, std::string_view name, const Page& page) {
    if (node.kind == Element::Kind::scalar) {
        if (const auto bytes = read_bytes(node.text)) return bytes;
    }
    expected(node, name, "a size such as 512 KiB, 1 MiB or 20 GB", page);
    return std::nullopt;
}

std::optional<std::chrono::seconds> read_duration(const Element& node, std::string_view name, const Page& page) {
    static constexpr std::string_view kWhat = "a time such as 45s, 30m, 12h, 90d or 2w";
    if (node.kind == Element::Kind::scalar) {
        if (const auto duration = parse_duration(node.text)) return duration;
    }
    if (node.kind == Element::Kind::scalar && !node.text.empty()) {
        const std::string& text = node.text;
        std::int64_t number = 0;
        const char* end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, number);
        if (error == std::errc() && number >= 0 && stop == end) {
            expected(node, name, kWhat, page, fmt::format("the unit is missing; did you mean `{}d`?", text));
            return std::nullopt;
        }
        if (error == std::errc() && number >= 0 && stop + 1 < end) {
            const std::string_view word(stop, end);
            static constexpr std::array<std::string_view, 5> kLong{"seconds", "minutes", "hours", "days", "weeks"};
            const std::string_view meant = nearest(word, kLong);
            expected(node, name, kWhat, page,
                     meant.empty() ? "" : fmt::format("did you mean `{}{}`?", number, meant.front()));
            return std::nullopt;
        }
        if (error == std::errc() && number >= 0 && stop + 1 == end) {
            if (std::string_view("smhdw").contains(*stop)) {
                expected(node, name, "at most 10,000 years", page, "leave it out to keep for ever");
                return std::nullopt;
            }
        }
    }
    expected(node, name, kWhat, page);
    return std::nullopt;
}

std::vector<std::string> read_texts(const Element& node, std::string_view name, const Page& page) {
    std::vector<std::string> texts;
    if (node.kind != Element::Kind::list) {
        expected(node, name, "a list of texts", page,
                 node.kind == Element::Kind::scalar ? fmt::format("did you mean [{}]?", found(node)) : "");
        return texts;
    }
    const std::string item = fmt::format("an item of {}", name);
    for (const Element* one : node.items) {
        auto text = read_any_text(*one, item, page);
        if (!text) continue;
        if (std::ranges::find(texts, *text) != texts.end()) {
            page.wrong(one->place, fmt::format("{} stands twice in {}", found(*one), name));
            continue;
        }
        texts.push_back(std::move(*text));
    }
    return texts;
}

std::vector<std::pair<std::string, Place>> read_names(const Element& node, std::string_view name, const Page& page) {
    std::vector<std::pair<std::string, Place>> names;
    const auto take = [&](const Element& one, std::string_view what) {
        auto text = read_text(one, what, page);
        if (!text) return;
        for (const auto& [other, place] : names) {
            if (other == *text) {
                page.wrong(one.place, fmt::format("`{}` stands twice in {}", *text, name));
                return;
            }
        }
        names.emplace_back(std::move(*text), one.place);
    };
    if (node.kind == Element::Kind::scalar) {
        take(node, name);
    } else if (node.kind == Element::Kind::list && !node.items.empty()) {
        const std::string item = fmt::format("an item of {}", name);
        for (const Element* one : node.items) take(*one, item);
    } else {
        expected(node, name, "a name or a list of names", page,
                 node.kind == Element::Kind::list || node.kind == Element::Kind::null ? "leave it out if there is none"
                                                                                      : "");
    }
    return names;
}

std::optional<std::size_t> read_word_at(const Element& node, std::string_view name,
                                        std::span<const std::string_view> words, const Page& page, Synonyms synonyms) {
    if (node.kind == Element::Kind::scalar) {
        const auto word = std::ranges::find(words, node.text);
        if (word != words.end()) return static_cast<std::size_t>(word - words.begin());
    }
    expected(node, name, one_of(words), page,
             node.kind == Element::Kind::scalar ? did_you_mean(node.text, words, synonyms) : "");
    return std::nullopt;
}

void read_ignored(const Mapping& mapping, std::string_view key, const Page& page) {
    if (const Element* node = mapping.find(key)) read_any_text(*node, fmt::format("`{}`", key), page);
}

} // namespace inlet::reading
