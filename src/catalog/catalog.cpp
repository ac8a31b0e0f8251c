// The names of states and kinds, as they are stored and shown.
#include "catalog/catalog.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "catalog/rules.hpp"

namespace inlet {

namespace {

constexpr std::array<std::string_view, 13> kStates{"receiving",  "settling",  "queued",   "checking", "held",
                                                   "publishing", "published", "rejected", "failed",   "cancelled",
                                                   "expired",    "undone",    "purged"};
static_assert(kStates.size() == std::to_underlying(SubmissionState::purged) + 1U);
static_assert(kStates[std::to_underlying(SubmissionState::published)] == "published");

constexpr std::array<std::string_view, 5> kKinds{"delivery", "undo", "held-deletes", "erasure", "purge"};
static_assert(kKinds.size() == std::to_underlying(SubmissionKind::purge) + 1U);

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view text) {
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == text) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

} // namespace

std::string_view to_string(SubmissionState state) { return kStates.at(std::to_underlying(state)); }
std::optional<SubmissionState> submission_state_from(std::string_view text) {
    return find<SubmissionState>(kStates, text);
}

std::string_view to_string(SubmissionKind kind) { return kKinds.at(std::to_underlying(kind)); }
std::optional<SubmissionKind> submission_kind_from(std::string_view text) { return find<SubmissionKind>(kKinds, text); }

bool is_end(SubmissionState state) {
    switch (state) {
    case SubmissionState::receiving:
    case SubmissionState::settling:
    case SubmissionState::queued:
    case SubmissionState::checking:
    case SubmissionState::held:
    case SubmissionState::publishing:
        return false;
    case SubmissionState::published:
    case SubmissionState::rejected:
    case SubmissionState::failed:
    case SubmissionState::cancelled:
    case SubmissionState::expired:
    case SubmissionState::undone:
    case SubmissionState::purged:
        return true;
    }
    std::unreachable();
}

Error unknown_submission(SubmissionId id) {
    return {FailureCode::unknown_submission, fmt::format("there is no submission {}", id.value)};
}

Error unknown_key(std::string_view id) { return {FailureCode::unknown_key, fmt::format("there is no key `{}`", id)}; }

Error key_exists(std::string_view id) {
    return {FailureCode::bad_argument, fmt::format("there is a key `{}` already", id)};
}

Error wrong_state(SubmissionId id, SubmissionState stored, SubmissionState expected) {
    return {FailureCode::wrong_state, fmt::format("submission {} is {}, and this needs it to be {}", id.value,
                                                  to_string(stored), to_string(expected))};
}

bool stands_for_its_bytes(SubmissionKind kind, SubmissionState state) {
    return kind == SubmissionKind::delivery && (!is_end(state) || state == SubmissionState::published);
}

} // namespace inlet
