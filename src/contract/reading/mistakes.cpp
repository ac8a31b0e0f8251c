// Puts mistakes in the order of reading. See mistakes.hpp.
#include "contract/reading/mistakes.hpp"

#include <algorithm>
#include <tuple>

namespace inlet::reading {

std::vector<Diagnostic> Mistakes::sorted() && {
    const auto place = [this](const Diagnostic& mistake) {
        return std::make_tuple(mistake.file != first_file_, std::string_view(mistake.file), mistake.line,
                               mistake.column);
    };
    std::stable_sort(list_.begin(), list_.end(),
                     [&](const Diagnostic& a, const Diagnostic& b) { return place(a) < place(b); });
    std::vector<Diagnostic> kept;
    for (Diagnostic& mistake : list_) {
        // Of one place there are few, so looking back over them is enough.
        bool known = false;
        for (auto other = kept.rbegin(); other != kept.rend() && !known; ++other) {
            if (place(*other) != place(mistake)) break;
            known = other->message == mistake.message;
        }
        if (!known) kept.push_back(std::move(mistake));
    }
    list_.clear();
    return kept;
}

} // namespace inlet::reading
