// The names of kinds and states of uploads, as they are stored.
#include "catalog/uploads.hpp"
#include "catalog/words.hpp"

#include <array>
#include <utility>

namespace inlet {

namespace {

constexpr std::array<std::string_view, 3> kKinds{"whole", "partial", "final"};
static_assert(kKinds.size() == std::to_underlying(UploadKind::final) + 1U);

constexpr std::array<std::string_view, 4> kStates{"receiving", "complete", "done", "expired"};
static_assert(kStates.size() == std::to_underlying(UploadState::expired) + 1U);

} // namespace

std::string_view to_string(UploadKind kind) { return kKinds.at(std::to_underlying(kind)); }
std::optional<UploadKind> upload_kind_from(std::string_view text) { return find_word<UploadKind>(kKinds, text); }

std::string_view to_string(UploadState state) { return kStates.at(std::to_underlying(state)); }
std::optional<UploadState> upload_state_from(std::string_view text) { return find_word<UploadState>(kStates, text); }

} // namespace inlet
