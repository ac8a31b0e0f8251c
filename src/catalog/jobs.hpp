// Who works on which submission. A lease has a number that is never given twice, and an update of the submission under
// a lease is refused once another one was given (SubmissionRecord::lease): a worker that lost its lease can change
// nothing. Floor 3. Safe from many threads; changes are durable when a call returns.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace inlet {

// There is one for each submission that was begun and is not at its end.
struct JobRecord {
    SubmissionId submission;
    LeaseNumber lease;          // the last that was given
    std::string worker;         // who holds it; empty: nobody
    Timestamp since = 0;        // when it was given
    Timestamp until = 0;        // after which somebody else may take it
    std::uint32_t failures = 0; // tries that failed for a reason that may pass
    Timestamp next_at = 0;      // when it is tried again; 0: as soon as may be
    std::string code;           // of the last failure; empty: none
    std::string reason;

    bool operator==(const JobRecord&) const = default;
};

// What clocks of two processes may differ by: a lease is another's to take only that long after its end.
inline constexpr std::chrono::seconds kLeaseSlack{30};

// Errors besides those named: disk-full, catalog-failed.
class Jobs {
public:
    virtual ~Jobs() = default;

    // Gives a new lease of the submission for `time`; the failures before stay. Nothing if another worker holds one, or
    // if the submission is at its end or held; a worker takes its own away from itself. unknown-submission.
    virtual Result<std::optional<JobRecord>> lease(SubmissionId id, const std::string& worker,
                                                   std::chrono::seconds time) = 0;
    // It lasts for `time` from now on. lease-lost.
    virtual Status extend(SubmissionId id, LeaseNumber lease, std::chrono::seconds time) = 0;
    // Counts a failure, after which it is not tried again before that pause is over. lease-lost.
    virtual Status put_off(SubmissionId id, LeaseNumber lease, std::chrono::milliseconds pause, const std::string& code,
                           const std::string& reason) = 0;
    // Nobody works on it any more. Nothing to do if the lease is lost.
    virtual Status release(SubmissionId id, LeaseNumber lease) = 0;
    // At start, by the one process that may have workers: no lease of before is worth anything.
    virtual Status release_all() = 0;
    virtual Result<std::vector<JobRecord>> all() = 0; // by submission
};

} // namespace inlet
