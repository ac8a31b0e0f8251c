// The way of a submission: received, checked, staged, published, and taken back. Floor 5. Knows stores by their interfaces only, and no front.
// One Pipeline per process; receive() may be called from several threads, run() works one submission at a time in the order of receipt.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/disk.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/thread_pool.hpp"
#include "catalog/catalog.hpp"
#include "contract/project.hpp"
#include "objects/object_store.hpp"
#include "records/byte_source.hpp"
#include "records/part_check.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

// How far a running submission is; called from the working thread now and then (at most ten times a second).
struct Progress {
    SubmissionId submission;
    SubmissionState state = SubmissionState::receiving;
    std::uint64_t bytes = 0;       // done in this state
    std::uint64_t bytes_total = 0; // 0: not known
    std::uint64_t rows = 0;
};

struct PipelineParts { // borrowed; outlive the pipeline
    const Project& project;
    ObjectStore& objects;
    Catalog& catalog;
    Warehouse& warehouse;
    Disk& disk;
    const Clock& clock;
    ThreadPool& pool;
    std::string temp_folder;
    std::function<void(const Progress&)> progress; // may be empty
};

struct Delivery {
    std::string target;            // dataset or package
    bool target_is_package = false;
    std::string file_name;
    std::string by;
    std::uint64_t bytes = 0;       // size if known, for progress
    bool again = false;            // load it even if the same bytes are published already
};

struct Received {
    SubmissionId id;
    bool duplicate = false; // the same bytes were delivered before: `id` is that submission
};

class Pipeline {
public:
    explicit Pipeline(PipelineParts parts);
    ~Pipeline();

    // At start: finishes the bookkeeping of whatever a crash interrupted, asking the warehouse what is published; drops what was staged; sweeps temporaries.
    // Submissions that were safely received go back to `queued`.
    Status recover();

    // Takes a delivery in and keeps it; durable when it returns (state queued). Checks a plain CSV while the bytes pass.
    Result<Received> receive(const Delivery& delivery, ByteSource& bytes);
    // Works off queued submissions in the order of their receipt, up to and including `id`. Returns its record at its end, or held.
    Result<SubmissionRecord> run(SubmissionId id);

    // Checks, guards and the diff of a delivery, publishing and keeping nothing.
    struct DryRun {
        SubmissionRecord record;            // as load would leave it, id 0
        std::vector<CheckReport> reports;   // by part
        std::vector<PartOutcome> outcomes;  // by part, with sample rows
        std::vector<ModelOutcome> models;
        std::optional<Error> reason;
    };
    Result<DryRun> dry_run(const Delivery& delivery, const std::string& path, std::size_t sample_rows);

    Result<SubmissionRecord> approve(SubmissionId id, const std::string& by); // not-held, approval-changed
    Result<SubmissionRecord> cancel(SubmissionId id, const std::string& by);  // wrong-state
    Result<SubmissionRecord> retry(SubmissionId id, const std::string& by);   // of failed and queued; of rejected after the contract changed

    struct Undone {
        SubmissionRecord record; // of the undo
        UndoOutcome outcome;
    };
    Result<Undone> undo(std::vector<SubmissionId> targets, bool cascade, bool dry_run, const std::string& by);

    // Kept violations and rejects of a part, as an origin of NDJSON and of CSV text.
    Result<std::unique_ptr<ObjectReader>> open_raw(SubmissionId id);
    Result<std::unique_ptr<ObjectReader>> open_errors(SubmissionId id, std::size_t part);
    Result<std::unique_ptr<ObjectReader>> open_rejects(SubmissionId id, std::size_t part);

    // Retention: drops raw deliveries, rejects and history that are older than their dataset's retention says, and objects nobody needs.
    struct Pruned {
        std::uint64_t raw = 0;
        std::uint64_t rejects = 0;
        std::uint64_t history_rows = 0;
        std::uint64_t objects = 0;
        std::uint64_t bytes = 0;
    };
    Result<Pruned> prune(bool dry_run);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace inlet
