// Writes the steps of submissions down: each step is one change of the catalog with its event. Floor 5. Safe from many
// threads.
#pragma once

#include <optional>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "pipeline/submission_watch.hpp"

namespace inlet {

// What is written down when something happens to a submission: submission.`what`. `by`: who asked for it.
CatalogEvent submission_event(const SubmissionRecord& record, const std::string& what, const std::string& by = "");

class SubmissionLog {
public:
    // Borrowed; null: nobody watches.
    explicit SubmissionLog(Catalog& catalog, SubmissionWatch* watch = nullptr) : catalog_(catalog), watch_(watch) {}

    // A new submission in its record's state; sets record.id.
    Status create(SubmissionRecord& record) const;
    // From record.state to `to`. The record has the new state only if the catalog has it. Errors: wrong-state (somebody
    // else moved it), the catalog's. `by`: who asked for it, for the event. The event is submission.STATE, and
    // submission.received when a delivery is queued for the first time.
    Status move(SubmissionRecord& record, SubmissionState to, const std::string& by = "") const;
    // The same with a reason, which any other move takes away.
    Status move(SubmissionRecord& record, SubmissionState to, const Error& reason) const;
    // The first, or if there is a reason the second, with the answer to the request that made it move, if there is one.
    Status move(SubmissionRecord& record, SubmissionState to, const std::optional<Error>& reason,
                const std::optional<AnsweredRequest>& answered) const;
    // Writes the record as it is; the event is submission.`what`.
    Status note(const SubmissionRecord& record, const std::string& what) const;

private:
    Status write(SubmissionRecord& record, SubmissionState to, const std::string& by,
                 const std::optional<AnsweredRequest>& answered) const;
    void tell(const SubmissionRecord& record, std::string_view what) const;

    Catalog& catalog_;
    SubmissionWatch* const watch_;
};

// The error without its code: message, context and causes.
std::string in_words(const Error& error);

// Whether the delivery is at fault: sending other data, and nothing else, would help.
bool is_fault_of_data(FailureCode code);
// Whether the same may work later, with nothing changed.
bool may_pass(FailureCode code);

} // namespace inlet
