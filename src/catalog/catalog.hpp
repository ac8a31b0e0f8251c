// The program's own state: submissions, their parts, and events. Small rows, transactional, durable when a call
// returns. Floor 3. Safe from many threads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "catalog/audit.hpp"
#include "catalog/inbox.hpp"
#include "catalog/jobs.hpp"
#include "catalog/keys.hpp"
#include "catalog/pickups.hpp"
#include "catalog/requests.hpp"
#include "catalog/submission_record.hpp"
#include "catalog/uploads.hpp"

namespace inlet {

struct SubmissionFilter {
    std::string dataset; // a part's dataset or the target; empty: any
    std::optional<SubmissionState> state;
    std::optional<SubmissionId> before;   // for paging: ids below
    std::optional<SubmissionScope> scope; // nothing: all may be seen
    std::size_t limit = 50;
};

class EventLog;
class Notifications;

// Errors besides those named: disk-full, catalog-failed. After one of these a change may have been made or not; what is
// asked next tells.
class Catalog {
public:
    virtual ~Catalog() = default;

    // Stores a new submission and gives it the next id; ids are never given twice. The record's own id and updated_at
    // are ignored.
    virtual Result<SubmissionId> create(SubmissionRecord record, const CatalogEvent& event) = 0;
    // Replaces the record of record.id, parts included, and adds the event, in one transaction, if its stored state is
    // `expected`; else wrong-state. unknown-submission. Forgotten raw bytes stay forgotten. lease-lost: see
    // SubmissionRecord::lease. At an end, or held, the submission's job is over.
    virtual Status update(const SubmissionRecord& record, SubmissionState expected, const CatalogEvent& event) = 0;
    // The same, and in the same transaction what Requests::finish() does.
    virtual Status update_and_answer(const SubmissionRecord& record, SubmissionState expected,
                                     const CatalogEvent& event, const AnsweredRequest& answered) = 0;
    virtual Result<SubmissionRecord> get(SubmissionId id) = 0;                              // unknown-submission
    virtual Result<std::vector<SubmissionRecord>> list(const SubmissionFilter& filter) = 0; // newest first
    // Not at an end, those of the inbox aside; oldest first.
    virtual Result<std::vector<SubmissionRecord>> unfinished() = 0;
    // The latest delivery of the same bytes to the same target that is not rejected, failed, cancelled, expired, undone
    // or purged, also if its raw bytes are forgotten since. No hash, no submission.
    virtual Result<std::optional<SubmissionRecord>> same_bytes(std::string_view target, std::string_view sha256) = 0;
    // Of one submission, oldest first. unknown-submission.
    virtual Result<std::vector<CatalogEvent>> events(SubmissionId id) = 0;
    // How many submissions (by their raw bytes, in the space of their target), parts (by errors or rejects, in
    // `_inlet`) and complete uploads (in the space of their target) need the object.
    virtual Result<std::uint64_t> references(std::string_view space, std::string_view sha256) = 0;
    // Drops the reference to a submission's raw bytes, or to its parts' errors and rejects, so that the objects may go:
    // the record has no such hash from then on. Doing so again is no error. unknown-submission.
    virtual Status forget_raw(SubmissionId id) = 0;
    virtual Status forget_rejects(SubmissionId id) = 0;
    // Removes the events before that moment of submissions that are at their end. Returns how many; a dry run counts.
    virtual Result<std::uint64_t> forget_events(Timestamp before, bool dry_run) = 0;

    // Writes all that is committed to a new file, from which the same kind of catalog can be opened. Changes go on
    // meanwhile. Returns once the file would survive a power cut, its name aside. not-supported.
    virtual Status copy_to(const std::string& path) = 0;

    // What else is kept; each goes with the catalog.
    virtual Inbox& inbox() = 0;
    virtual Requests& requests() = 0;
    virtual Jobs& jobs() = 0;
    virtual Keys& keys() = 0;
    virtual AuditLog& audit() = 0;
    virtual UploadRecords& uploads() = 0;
    virtual Pickups& pickups() = 0;
    virtual EventLog& event_log() = 0;          // catalog/event_log.hpp
    virtual Notifications& notifications() = 0; // catalog/notifications.hpp
};

} // namespace inlet
