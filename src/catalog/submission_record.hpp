// A submission and what happens to it, as the catalog keeps them. Floor 3; values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "catalog/file_note.hpp"

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

// records: a small submission, whose bytes lie in the inbox (catalog/inbox.hpp).
enum class SubmissionKind : std::uint8_t { delivery, undo, held_deletes, erasure, purge, records };
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
    std::string sender; // id of the principal whose delivery it is; empty: nobody's who could ask for it
    std::string source; // the way it came: http, folder, command ...; empty: not told
    std::string trace;  // traceparent of the call that brought it (base/trace_context.hpp); empty: none
    Version version;    // once published
    std::uint32_t attempts = 0;
    SubmissionId parent;                                   // the snapshot whose deletions these are
    std::vector<SubmissionId> undoes;                      // kind undo; kind purge: what is purged
    bool cascade = false;                                  // kind undo
    std::map<std::string, std::uint64_t> delete_approvals; // dataset -> rows a person agreed to lose
    std::map<std::string, std::uint64_t> asked_deletes;    // dataset -> rows it is held for
    bool rejects_approved = false;                         // a person agreed to publish the rest
    std::optional<FileNote> file;                          // of a delivery to a dataset of files
    std::vector<PartRecord> parts;
    // Of whoever changes it: Catalog::update() refuses one that is lost. 0: it is changed without a lease. Never
    // stored.
    LeaseNumber lease;

    bool operator==(const SubmissionRecord&) const = default;
};

// What somebody may see of submissions: their own, and those that touch nothing but what stands here.
struct SubmissionScope {
    std::string sender; // empty: none are their own
    std::vector<std::string> datasets;
    std::vector<std::string> packages; // as targets

    bool operator==(const SubmissionScope&) const = default;
};
bool visible(const SubmissionRecord& record, const SubmissionScope& scope);

struct CatalogEvent {
    std::int64_t number = 0;  // given by the catalog; grows
    Timestamp at = 0;         // given by the catalog
    SubmissionId submission;  // given by the catalog; 0: it is about a dataset
    std::string type;         // submission.received, .queued, .held, .published ...
    std::string detail;       // JSON object
    std::string dataset = {}; // of an event of no submission
};

} // namespace inlet
