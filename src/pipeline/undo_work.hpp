// Carries out undos: the warehouse decides, and the states of all submissions concerned follow it. Floor 5; one at a
// time.
#pragma once

#include <vector>

#include "catalog/catalog.hpp"
#include "pipeline/publisher.hpp"
#include "pipeline/submission_log.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

class UndoWork {
public:
    // All borrowed.
    UndoWork(Catalog& catalog, Warehouse& warehouse, SubmissionLog& log, const Publisher& publisher)
        : catalog_(catalog), warehouse_(warehouse), log_(log), publisher_(publisher) {}

    // What it would do. Errors: see Warehouse::undo().
    Result<UndoOutcome> rehearse(const std::vector<SubmissionId>& targets, bool cascade, const std::string& by) const;

    // Of a queued undo, to its end. If the warehouse refuses, the record is rejected and the answer is the warehouse's
    // error; after any other error the record is not at its end.
    Result<UndoOutcome> carry_out(SubmissionRecord& record) const;

    // Of an undo that the warehouse published before anybody could write it down.
    Status settle_published(SubmissionRecord& record, Version version) const;

private:
    Status finish(SubmissionRecord& record, const UndoOutcome& outcome) const;
    Status follow_warehouse(const std::vector<SubmissionId>& undone) const;
    Status cancel_held_deletes(const SubmissionRecord& undone) const;

    Catalog& catalog_;
    Warehouse& warehouse_;
    SubmissionLog& log_;
    const Publisher& publisher_;
};

// The submission's lines in the list of versions: one for each dataset it changed.
Result<std::vector<VersionEntry>> find_lines(Warehouse& warehouse, SubmissionId submission, Version version);

} // namespace inlet
