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

namespace inlet {

// See DESIGN: no other states. The last two come after published.
enum class SubmissionState : std::uint8_t {
    receiving,
    settling,
    queued,
    checking,
    held,
    publishing,
    published,
    rejected,
    failed,
    cancelled,
    expired,
    undone,
    purged
};
std::string_view to_string(SubmissionState state);
std::optional<SubmissionState> submission_state_from(std::string_view text);
bool is_end(SubmissionState state); // published, rejected, failed, cancelled, expired, undone, purged

enum class SubmissionKind : std::uint8_t { delivery, undo, held_deletes, erasure, purge };
std::string_view to_string(SubmissionKind kind); // held_deletes is "held-deletes"
std::optional<SubmissionKind> submission_kind_from(std::string_view text);

struct CodeCount {
    std::string code;
    std::string field;
    std::uint64_t count = 0;

    bool operator==(const CodeCount&) const = default;
};

// One table's worth of a submission.
struct PartRecord {
    std::string name; // the file's or member's name
    std::string dataset;
    std::string dialect; // JSON, as read
    std::uint64_t rows = 0;
    std::uint64_t accepted = 0;
    std::uint64_t rejected = 0;
    std::uint64_t inserted = 0;
    std::uint64_t updated = 0;
    std::uint64_t deleted = 0;
    std::uint64_t unchanged = 0;
    std::uint64_t superseded = 0; // accepted, but a later record of the part has the same key (upsert)
    std::uint64_t held_deletes = 0;
    std::uint64_t skipped_deletes = 0;
    std::uint64_t errors_total = 0;
    std::vector<CodeCount> counts;
    std::string errors_sha256;  // objects in space `_inlet`: violations as NDJSON; empty: none
    std::string rejects_sha256; // rejects.csv; empty: none

    bool operator==(const PartRecord&) const = default;
};

struct SubmissionRecord {
    SubmissionId id; // given by the catalog
    SubmissionKind kind = SubmissionKind::delivery;
    SubmissionState state = SubmissionState::receiving;
    std::string reason_code; // why held, rejected or failed; empty otherwise
    std::string reason;      // in words
    std::string target;      // dataset or package
    bool target_is_package = false;
    std::string file_name;
    std::string raw_sha256; // object in space `target`; empty until received
    std::uint64_t raw_bytes = 0;
    Timestamp received_at = 0; // when the last byte was safe
    Timestamp updated_at = 0;  // given by the catalog
    std::string by;
    Version version; // once published
    std::uint32_t attempts = 0;
    SubmissionId parent;                                   // the snapshot whose deletions these are
    std::vector<SubmissionId> undoes;                      // kind undo; kind purge: what is purged
    bool cascade = false;                                  // kind undo
    std::map<std::string, std::uint64_t> delete_approvals; // dataset -> rows a person agreed to lose
    std::map<std::string, std::uint64_t> asked_deletes;    // dataset -> rows it is held for
    bool rejects_approved = false;                         // a person agreed to publish the rest
    std::vector<PartRecord> parts;

    bool operator==(const SubmissionRecord&) const = default;
};

struct SubmissionFilter {
    std::string dataset; // a part's dataset or the target; empty: any
    std::optional<SubmissionState> state;
    std::optional<SubmissionId> before; // for paging: ids below
    std::size_t limit = 50;
};

struct CatalogEvent {
    std::int64_t number = 0; // given by the catalog; grows
    Timestamp at = 0;        // given by the catalog
    SubmissionId submission; // given by the catalog
    std::string type;        // submission.received, .queued, .held, .published ...
    std::string detail;      // JSON object
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
    virtual Result<std::vector<SubmissionRecord>> unfinished() = 0; // not at an end; oldest first
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
    // Removes the events before that moment of submissions that are at their end. Returns how many; a dry run counts.
    virtual Result<std::uint64_t> forget_events(Timestamp before, bool dry_run) = 0;

    // Writes all that is committed to a new file, from which the same kind of catalog can be opened. Changes go on
    // meanwhile. Returns once the file would survive a power cut, its name aside. not-supported.
    virtual Status copy_to(const std::string& path) = 0;

    virtual Status add_key(KeyRecord key) = 0; // bad-argument: there is one of that id
    virtual Result<std::optional<KeyRecord>> key(std::string_view id) = 0;
    virtual Result<std::vector<KeyRecord>> keys() = 0; // oldest first, revoked ones included
    // Revoking it again changes nothing. unknown-key.
    virtual Status revoke_key(std::string_view id) = 0;
};

} // namespace inlet
