// Edit distance over short words. See nearest.hpp.
#include "contract/reading/nearest.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace inlet::reading {

namespace {

constexpr std::size_t kWordBytesMax = 256; // longer ones are no slip of the pen, and the table is quadratic

std::string folded(std::string_view word) {
    std::string text;
    for (char c : word) {
        if (c == '_' || c == '-' || c == ' ') continue;
        text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

std::size_t edits(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

std::size_t edits_allowed(std::size_t letters) { return letters <= 2 ? 0 : letters <= 5 ? 1 : letters <= 8 ? 2 : 3; }

} // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates, Synonyms synonyms) {
    if (word.size() > kWordBytesMax) return {};
    const std::string wrong = folded(word);
    if (wrong.empty()) return {};
    for (const auto& [other, ours] : synonyms) {
        if (folded(other) == wrong) return ours;
    }
    std::string_view best;
    std::size_t best_edits = edits_allowed(wrong.size()) + 1;
    std::string_view abbreviated;
    std::size_t abbreviations = 0;
    for (std::string_view candidate : candidates) {
        if (candidate.size() > kWordBytesMax) continue;
        const std::string right = folded(candidate);
        if (const std::size_t distance = edits(wrong, right); distance < best_edits) {
            best = candidate;
            best_edits = distance;
        }
        if (wrong.size() >= 3 && right.starts_with(wrong)) {
            abbreviated = candidate;
            ++abbreviations;
        }
    }
    if (best.empty() && abbreviations == 1) return abbreviated;
    return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates, Synonyms synonyms) {
    const std::string_view meant = nearest(word, candidates, synonyms);
    return meant.empty() ? std::string() : fmt::format("did you mean `{}`?", meant);
}

std::string one_of(std::span<const std::string_view> words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

} // namespace inlet::reading
