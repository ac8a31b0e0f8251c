// The names of states and kinds, as they are stored and shown.
#include "catalog/catalog.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "catalog/notifications.hpp"
#include "catalog/rules.hpp"
#include "catalog/words.hpp"

namespace inlet {

namespace {

constexpr std::array<std::string_view, 13> kStates{"receiving",  "settling",  "queued",   "checking", "held",
                                                   "publishing", "published", "rejected", "failed",   "cancelled",
                                                   "expired",    "undone",    "purged"};
static_assert(kStates.size() == std::to_underlying(SubmissionState::purged) + 1U);
static_assert(kStates[std::to_underlying(SubmissionState::published)] == "published");

constexpr std::array<std::string_view, 6> kKinds{"delivery", "undo", "held-deletes", "erasure", "purge", "records"};
static_assert(kKinds.size() == std::to_underlying(SubmissionKind::records) + 1U);

constexpr std::array<std::string_view, 3> kNotificationStates{"pending", "delivered", "dead"};
static_assert(kNotificationStates.size() == std::to_underlying(NotificationState::dead) + 1U);

} // namespace

std::string_view to_string(SubmissionState state) { return kStates.at(std::to_underlying(state)); }
std::optional<SubmissionState> submission_state_from(std::string_view text) {
    return find_word<SubmissionState>(kStates, text);
}

std::string submission_address(SubmissionId id) { return fmt::format("/v1/submissions/{}", id.value); }

std::string_view to_string(SubmissionKind kind) { return kKinds.at(std::to_underlying(kind)); }
std::optional<SubmissionKind> submission_kind_from(std::string_view text) {
    return find_word<SubmissionKind>(kKinds, text);
}

std::string_view to_string(NotificationState state) { return kNotificationStates.at(std::to_underlying(state)); }
std::optional<NotificationState> notification_state_from(std::string_view text) {
    return find_word<NotificationState>(kNotificationStates, text);
}

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

bool visible(const SubmissionRecord& record, const SubmissionScope& scope) {
    if (!scope.sender.empty() && record.sender == scope.sender) return true;
    const auto holds = [](const std::vector<std::string>& names, std::string_view name) {
        return std::ranges::find(names, name) != names.end();
    };
    const auto readable = [&](std::string_view dataset) { return holds(scope.datasets, dataset); };
    if (record.target_is_package) {
        if (!holds(scope.packages, record.target)) return false;
    } else if (record.target.empty() ? record.parts.empty() : !readable(record.target)) {
        return false; // an undo that touched nothing is shown to those who may see everything
    }
    return std::ranges::all_of(record.parts, [&](const PartRecord& part) { return readable(part.dataset); });
}

Error unknown_submission(SubmissionId id) {
    return {FailureCode::unknown_submission, fmt::format("there is no submission {}", id.value)};
}

Error unknown_key(std::string_view id) { return {FailureCode::unknown_key, fmt::format("there is no key `{}`", id)}; }

Error unknown_notification(std::int64_t id) {
    return {FailureCode::unknown_notification, fmt::format("there is no notification {}", id)};
}

Error still_pending(std::int64_t id) {
    return {FailureCode::wrong_state,
            fmt::format("notification {} is pending: it is being sent, or will be without your doing", id)};
}

Error key_exists(std::string_view id) {
    return {FailureCode::bad_argument, fmt::format("there is a key `{}` already", id)};
}

Error unknown_upload(std::string_view id) {
    return {FailureCode::unknown_upload, fmt::format("there is no upload `{}`", id)};
}

Error upload_exists(std::string_view id) {
    return {FailureCode::bad_argument, fmt::format("there is an upload `{}` already", id)};
}

Error lease_lost(SubmissionId id) {
    return {FailureCode::lease_lost,
            fmt::format("submission {} is being worked on by somebody else since, or was taken back", id.value)};
}

Error wrong_state(SubmissionId id, SubmissionState stored, SubmissionState expected) {
    return {FailureCode::wrong_state, fmt::format("submission {} is {}, and this needs it to be {}", id.value,
                                                  to_string(stored), to_string(expected))};
}

bool ends_job(SubmissionState state) { return is_end(state) || state == SubmissionState::held; }

bool is_taken(const JobRecord& job, std::string_view worker, Timestamp now) {
    if (job.worker.empty() || job.worker == worker) return false;
    return job.until + in_microseconds(kLeaseSlack) > now;
}

bool is_wanted(const InboxFilter& filter, const SubmissionRecord& record) {
    if (filter.before != 0 && record.received_at >= filter.before) return false;
    if (!filter.dataset.empty() && record.target != filter.dataset) return false;
    const auto bound = filter.before_of.find(record.target);
    return bound == filter.before_of.end() || record.received_at < bound->second;
}

Error key_reused(const RequestKey& request) {
    return Error(FailureCode::idempotency_key_reused,
                 fmt::format("the Idempotency-Key `{}` came before, with another request", request.key));
}

Error under_way(const RequestKey& request) {
    return Error(FailureCode::request_under_way,
                 fmt::format("the first request with the Idempotency-Key `{}` is not answered yet", request.key));
}

std::string late_text(const std::vector<std::uint32_t>& records) { return fmt::format("{}", fmt::join(records, " ")); }

std::vector<std::uint32_t> late_from(std::string_view text) {
    std::vector<std::uint32_t> records;
    while (!text.empty()) {
        std::uint32_t record = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), record);
        if (error != std::errc()) break;
        records.push_back(record);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (!text.empty()) text.remove_prefix(1);
    }
    return records;
}

bool is_unsettled(const UploadRecord& upload) {
    return upload.state == UploadState::complete ||
           (upload.kind == UploadKind::final && upload.state == UploadState::receiving);
}

bool stands_for_its_bytes(SubmissionKind kind, SubmissionState state) {
    return kind == SubmissionKind::delivery && (!is_end(state) || state == SubmissionState::published);
}

} // namespace inlet
