// Holds what was acknowledged against what is there: everything, once, and nothing else. Floor 6; one thread.
//
// Submissions tell what ought to be: the records of one that is published ought to be there, but for the broken ones;
// of one that was rejected, is held, or was undone, none. Of a run that did not come to its end, more may have been
// sent than its ledger knows.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/submission_record.hpp"
#include "simulate/ledger.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::simulate {

using SubmissionStates = std::unordered_map<std::int64_t, SubmissionState>; // by id

struct DatasetReconciliation {
    std::string dataset;
    std::uint64_t acknowledged = 0; // records that ought to be there
    std::uint64_t present = 0;      // of these
    std::uint64_t lost = 0;
    std::uint64_t doubled = 0;    // there more than once, or brought by another submission than the one acknowledged
    std::uint64_t unexpected = 0; // there, though refused, undone, abandoned, or never sent
    std::uint64_t unsettled = 0;  // sent without an answer: each may be there once
    std::uint64_t unsettled_present = 0;
};

struct Reconciliation {
    bool by_rows = false;             // else by the number of records in each dataset
    std::uint64_t submissions = 0;    // acknowledged
    std::uint64_t unknown = 0;        // acknowledged, and there is no such submission
    std::uint64_t unpublished = 0;    // good ones that were rejected, failed or held later
    std::uint64_t waiting = 0;        // not at an end yet
    std::uint64_t undo_forgotten = 0; // undone by an answer, and not undone
    bool complete = true;             // the ledger's run came to its end
    std::vector<DatasetReconciliation> datasets;

    bool passed() const;
};

// `rows` calls its argument with the mark and the submission of every row of a dataset that may be of this run.
using RowVisit = std::function<void(std::string_view mark, SubmissionId submission)>;
using Rows = std::function<Status(const PlayedDataset& dataset, const RowVisit& visit)>;
Result<Reconciliation> reconcile_rows(const Ledger& ledger, const SubmissionStates& states, const Rows& rows);
// Live rows of the warehouse.
Rows warehouse_rows(Warehouse& warehouse);

// By how many records each dataset holds now, by the order of the ledger's head. Nobody else may have written to them.
Reconciliation reconcile_counts(const Ledger& ledger, const SubmissionStates& states,
                                const std::vector<std::uint64_t>& records_now);

} // namespace inlet::simulate
