// What people are told of an event, in words: subject, plain text and HTML. Floor 5; pure functions, but for reading
// what was kept.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/event_log.hpp"
#include "notify/mail_message.hpp"
#include "objects/object_store.hpp"

namespace inlet {

struct Report {
    std::string subject;
    std::string text;
    std::string html;
};

// What of a submission a report shows beside its record.
struct KeptParts {
    std::vector<std::vector<std::string>> errors; // by part: folded errors, a line each
    std::vector<Attachment> rejects;
};

// Rejected records larger than that, in all, are not attached.
inline constexpr std::uint64_t kAttachedBytesMost = 256 << 10;

// What was kept and is gone, or cannot be read, is left out.
KeptParts read_kept(const ObjectStore& objects, const SubmissionRecord& record);

// `record`: of the event's submission, nothing if it is about a dataset. `base_url`: empty: there is no link.
Report report_of(const LoggedEvent& event, const std::optional<SubmissionRecord>& record, const KeptParts& kept,
                 const std::string& project, const std::string& base_url);

} // namespace inlet
