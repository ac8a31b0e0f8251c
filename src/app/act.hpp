// What a command does goes into the audit log, with how it ended. Floor 7; one thread.
#pragma once

#include <string>
#include <utility>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace inlet {

class Session;

struct Act {
    std::string action; // "submission.approve"
    std::string object; // the dataset or package, key ...; may be empty
    SubmissionId submission;
    std::string detail; // JSON object; may be empty
};

// `failure` null: it was done. The catalog's errors.
Status write_down(Session& session, const Act& act, const Error* failure);

// Writes the act down right after it was tried, and hands on what came of it.
template <class Outcome>
Outcome written_down(Session& session, const Act& act, Outcome outcome) {
    Status written = write_down(session, act, outcome ? nullptr : &outcome.error());
    if (outcome && !written) return fail(std::move(written.error()));
    return outcome;
}

} // namespace inlet
