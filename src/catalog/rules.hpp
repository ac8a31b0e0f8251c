// What every catalog decides and says alike. Floor 3, for the catalogs alone; plain functions.
#pragma once

#include "catalog/catalog.hpp"

namespace inlet {

// Where objects lie that parts refer to.
inline constexpr std::string_view kPartsSpace = "_inlet";

Error unknown_submission(SubmissionId id);
Error unknown_key(std::string_view id);
Error unknown_notification(std::int64_t id);
Error still_pending(std::int64_t id);
Error key_exists(std::string_view id);
Error key_reused(const RequestKey& request);
Error under_way(const RequestKey& request);
Error unknown_upload(std::string_view id);
Error upload_exists(std::string_view id);
Error lease_lost(SubmissionId id);
Error wrong_state(SubmissionId id, SubmissionState stored, SubmissionState expected);

// Whether a submission needs no work any more once it is there.
bool ends_job(SubmissionState state);
// Whether another worker than this one holds the job's lease.
bool is_taken(const JobRecord& job, std::string_view worker, Timestamp now);
constexpr Timestamp in_microseconds(std::chrono::microseconds time) { return time.count(); }

// Whether a submission makes a later one of the same bytes a repetition (see Catalog::same_bytes).
bool stands_for_its_bytes(SubmissionKind kind, SubmissionState state);

// Whether a small submission is one of those.
bool is_wanted(const InboxFilter& filter, const SubmissionRecord& record);

// Records as they are stored: "3 17 40".
std::string late_text(const std::vector<std::uint32_t>& records);
std::vector<std::uint32_t> late_from(std::string_view text);

// Whether the upload is one that UploadRecords::unsettled() gives.
bool is_unsettled(const UploadRecord& upload);

} // namespace inlet
