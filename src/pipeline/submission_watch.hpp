// Who watches what happens to submissions, for logs and figures. Floor 5; called on whichever thread does it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "catalog/submission_record.hpp"

namespace inlet {

class SubmissionWatch {
public:
    virtual ~SubmissionWatch() = default;

    // A step that is written down: "received", "published", ..., as the events call it. Of a small submission the
    // record has its id, kind, state, reason_code, target, trace, raw_bytes and what was counted, and no more. Must not
    // block.
    virtual void step(const SubmissionRecord& record, std::string_view what) = 0;
    // So many small submissions were worked off together.
    virtual void batch(std::uint64_t submissions, std::chrono::duration<double> time) = 0;
};

} // namespace inlet
