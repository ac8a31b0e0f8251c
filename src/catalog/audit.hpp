// The audit log: who did what, in a chain of hashes that nothing can be taken out of or put into unseen. Floor 3. Safe
// from many threads.
//
// An entry's hash is the SHA-256 of the hash before it (64 hex digits; 64 zeros before the first) and of the entry's
// canonical text: its members in the order below up to `detail`, each as a netstring (its number of bytes in decimal,
// ":", the bytes, ","; numbers as decimal text). docs/access.md says it again, with a program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace inlet {

struct AuditEntry {
    std::int64_t number = 0; // given by the log: from 1, without gaps
    Timestamp at = 0;        // given by the log
    std::string by;          // whose act it was, by name
    std::string by_id;       // "key:1f2e3d4c", "user:ann", "local:ann" (command line), "anonymous", "inlet" (a job)
    std::string address;     // where the call came from; empty: not over a network
    std::string action;      // "submission.approve", "key.create"
    std::string object;      // the dataset or package, key ...; empty: see `submission`
    SubmissionId submission; // 0: it is not about one
    std::string outcome;     // "done", or the code of the failure
    std::string detail;      // JSON object; empty: nothing to say
    std::string hash;        // given by the log

    bool operator==(const AuditEntry&) const = default;
};

// A place in the chain. What is kept of it elsewhere shows whether the end was cut off since.
struct AuditHead {
    std::int64_t number = 0; // 0: of the empty log
    std::string hash = std::string(64, '0');

    bool operator==(const AuditHead&) const = default;
};
std::string to_string(const AuditHead& head); // "12:9f86..."
// Error: bad-argument.
Result<AuditHead> audit_head_from(std::string_view text);

// The hash of an entry whose number and time are set, after `previous`.
std::string audit_hash(std::string_view previous, const AuditEntry& entry);

// Errors besides those named: those of Catalog.
class AuditLog {
public:
    virtual ~AuditLog() = default;

    // Durable when it returns. The entry's number, at and hash are ignored.
    virtual Result<AuditHead> append(AuditEntry entry) = 0;
    // Newest first, of those numbered below `before` (0: all).
    virtual Result<std::vector<AuditEntry>> newest(std::int64_t before, std::size_t limit) = 0;
    // Oldest first, of those numbered above `after`.
    virtual Result<std::vector<AuditEntry>> oldest(std::int64_t after, std::size_t limit) = 0;
};

// Goes over the whole log, a page at a time, and returns where it ends. `known`: heads that were told before. Error:
// audit-broken, which names the first entry that is not as it was written.
Result<AuditHead> verify_audit(AuditLog& log, const std::vector<AuditHead>& known);

} // namespace inlet
