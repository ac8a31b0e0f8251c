// The nearest right word to a wrong one. Floor 1, inside contract/; pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace inlet::reading {

// Words that people write for ours.
using Synonyms = std::span<const std::pair<std::string_view, std::string_view>>;

// The candidate nearest to `word` by edits (Damerau-Levenshtein with adjacent swaps, "optimal string alignment"; upper
// and lower case, `_` and `-` do not count), or the one it abbreviates; empty when none is near enough to be meant.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates, Synonyms synonyms = {});

// "did you mean `write`?", or empty.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates, Synonyms synonyms = {});

// "a, b or c".
std::string one_of(std::span<const std::string_view> words);

} // namespace inlet::reading
