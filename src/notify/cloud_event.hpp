// Events as others read them: CloudEvents 1.0 in JSON (https://github.com/cloudevents/spec, JSON format 1.0.2). Floor
// 5; pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "catalog/event_log.hpp"

namespace inlet {

// `source` is a URI-reference that says which Inlet it is. `id` is the event's number. `data` has the submission and
// what the event itself says; why the system failed is said by its code alone, as its words may hold paths.
std::string cloud_event(const LoggedEvent& event, std::string_view source);

// How far a running submission is. Not stored.
struct RunningSubmission {
    SubmissionId submission;
    SubmissionState state = SubmissionState::receiving;
    std::uint64_t bytes = 0;       // done in this state
    std::uint64_t bytes_total = 0; // 0: not known
    std::uint64_t rows = 0;
    double seconds = 0; // in this state
};

// submission.progress of `event`, of which only the submission's own members matter.
std::string progress_event(const LoggedEvent& event, const RunningSubmission& running, std::string_view source,
                           Timestamp at);

} // namespace inlet
