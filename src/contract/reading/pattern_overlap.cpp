// The intersection of two patterns, walked in both at once: a table says from where in the one and in the other there
// is a common rest.
#include "contract/reading/pattern_overlap.hpp"

#include <vector>

namespace inlet::reading {

namespace {

std::vector<std::string_view> characters(std::string_view text) {
    std::vector<std::string_view> all;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at + 1;
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
        all.push_back(text.substr(at, end - at));
        at = end;
    }
    return all;
}

} // namespace

bool patterns_overlap(std::string_view one, std::string_view two) {
    const std::vector<std::string_view> a = characters(one);
    const std::vector<std::string_view> b = characters(two);
    // common[j] for the row being filled, `below` for the row of i + 1.
    std::vector<bool> below(b.size() + 1);
    std::vector<bool> common(b.size() + 1);
    for (std::size_t i = a.size() + 1; i-- > 0;) {
        for (std::size_t j = b.size() + 1; j-- > 0;) {
            const bool more_a = i < a.size();
            const bool more_b = j < b.size();
            bool found = !more_a && !more_b;
            // A `*` stands for nothing more, or for one more character of the other.
            if (more_a && a[i] == "*") found = below[j] || (more_b && common[j + 1]);
            if (!found && more_b && b[j] == "*") found = common[j + 1] || (more_a && below[j]);
            if (!found && more_a && more_b && a[i] != "*" && b[j] != "*")
                found = (a[i] == "?" || b[j] == "?" || a[i] == b[j]) && below[j + 1];
            common[j] = found;
        }
        below.swap(common);
    }
    return below[0];
}

} // namespace inlet::reading
