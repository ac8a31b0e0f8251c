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
#include "catalog/inbox.hpp"
#include "catalog/requests.hpp"
#include "catalog/submission_record.hpp"

namespace inlet {

struct SubmissionFilter {
    std::string dataset; // a part's dataset or the target; empty: any
    std::optional<SubmissionState> state;
    std::optional<SubmissionId> before; // for paging: ids below
    std::size_t limit = 50;
};

// A credential that somebody may show. Of its secret only a hash is kept.
struct KeyRecord {
    std::string id;     // public: part of the key's text
    std::string name;   // whose it is, in words
    std::string sha256; // of the secret; 64 lower-case hex digits
    std::string role;
    Timestamp created_at = 0; // given by the catalog
    Timestamp expires_at = 0; // 0: never
    Timestamp revoked_at = 0; // 0: it was not

    bool operator==(const KeyRecord&) const = default;
};

// Errors besides those named: disk-full, catalog-failed. After one of these a change may have been made or not; what is
// asked next tells.
class Catalog {
public:
    virtual ~Catalog() = default;

    // Stores a new submission and gives it the next id; ids are never given twice. The record's own id and updated_at
    // are ignored.
    virtual Result<SubmissionId> create(SubmissionRecord record, const CatalogEvent& event) = 0;
    // Replaces the record of record.id, parts included, and adds the event, in one transaction, if its stored state is
    // `expected`; else wrong-state. unknown-submission. Forgotten raw bytes stay forgotten.
    virtual Status update(const SubmissionRecord& record, SubmissionState expected, const CatalogEvent& event) = 0;
    virtual Result<SubmissionRecord> get(SubmissionId id) = 0;                              // unknown-submission
    virtual Result<std::vector<SubmissionRecord>> list(const SubmissionFilter& filter) = 0; // newest first
    // Not at an end, those of the inbox aside; oldest first.
    virtual Result<std::vector<SubmissionRecord>> unfinished() = 0;
    // The latest delivery of the same bytes to the same target that is not rejected, failed, cancelled, expired, undone
    // or purged, also if its raw bytes are forgotten since. No hash, no submission.
    virtual Result<std::optional<SubmissionRecord>> same_bytes(std::string_view target, std::string_view sha256) = 0;
    // Of one submission, oldest first. unknown-submission.
    virtual Result<std::vector<CatalogEvent>> events(SubmissionId id) = 0;
    // How many submissions (by their raw bytes, in the space of their target) and parts (by errors or rejects, in
    // `_inlet`) need the object.
    virtual Result<std::uint64_t> references(std::string_view space, std::string_view sha256) = 0;
    // Drops the reference to a submission's raw bytes, or to its parts' errors and rejects, so that the objects may go:
    // the record has no such hash from then on. Doing so again is no error. unknown-submission.
    virtual Status forget_raw(SubmissionId id) = 0;
    virtual Status forget_rejects(SubmissionId id) = 0;

    virtual Inbox& inbox() = 0;
    virtual Requests& requests() = 0;

    virtual Status add_key(KeyRecord key) = 0; // bad-argument: there is one of that id
    virtual Result<std::optional<KeyRecord>> key(std::string_view id) = 0;
    virtual Result<std::vector<KeyRecord>> keys() = 0; // oldest first, revoked ones included
    // Revoking it again changes nothing. unknown-key.
    virtual Status revoke_key(std::string_view id) = 0;
};

} // namespace inlet
