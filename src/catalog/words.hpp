// The words by which enumerations are stored. Floor 3, for the catalogs alone.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace inlet {

// The value whose word it is; `words` in the order of the values.
template <class Enum, std::size_t N>
std::optional<Enum> find_word(const std::array<std::string_view, N>& words, std::string_view text) {
    for (std::size_t i = 0; i < N; ++i) {
        if (words[i] == text) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

} // namespace inlet
