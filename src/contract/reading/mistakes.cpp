// Puts mistakes in the order of reading. See mistakes.hpp.
#include "contract/reading/mistakes.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace inlet::reading {

std::vector<Diagnostic> Mistakes::sorted() && {
    const auto order = [this](const Diagnostic& mistake) {
        return std::make_tuple(mistake.file != first_file_, std::string_view(mistake.file), mistake.line,
                               mistake.column, std::string_view(mistake.message));
    };
    std::ranges::sort(list_, {}, order);
    const auto repeats = std::ranges::unique(list_, {}, order);
    list_.erase(repeats.begin(), repeats.end());
    return std::move(list_);
}

} // namespace inlet::reading
