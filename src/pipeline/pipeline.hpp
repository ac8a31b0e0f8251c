// The way of a submission: received, checked, staged, published, and taken back. Floor 5. Knows stores by their
// interfaces only, and no front. One Pipeline per process.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/disk.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/thread_pool.hpp"
#include "catalog/catalog.hpp"
#include "contract/current_project.hpp"
#include "objects/object_store.hpp"
#include "pipeline/submission_watch.hpp"
#include "records/byte_source.hpp"
#include "records/part_check.hpp"
#include "records/small_records.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

class BackupFolder;
class Scanner;
struct BackupReport;
struct Verification;

// How far a running submission is; told at each change of state and at most ten times a second between, from whichever
// thread is working, never from two at once.
struct Progress {
    SubmissionId submission;
    SubmissionState state = SubmissionState::receiving;
    std::uint64_t bytes = 0;       // done in this state
    std::uint64_t bytes_total = 0; // 0: not known
    std::uint64_t rows = 0;
};

// What an archive may unpack to; beyond one of these it is refused as zip-bomb.
struct ArchiveLimits {
    std::size_t members_max = 1000;
    std::uint64_t unpacked_bytes_max = std::uint64_t{256} << 30;
    std::uint64_t ratio_max = 250;                            // unpacked bytes for each byte of the archive ...
    std::uint64_t ratio_free_bytes = std::uint64_t{64} << 20; // ... once it unpacks to more than this
};

struct ScanPolicy {
    bool reject_unscanned = false; // what cannot be scanned is rejected, and not held
    bool remove_found = false;     // else it is kept, and given to nobody
    bool records = false;          // small submissions are scanned too
};

struct PipelineParts { // borrowed; outlive the pipeline
    CurrentProject& project;
    ObjectStore& objects;
    Catalog& catalog;
    Warehouse& warehouse;
    Disk& disk;
    const Clock& clock;
    ThreadPool& pool;
    std::string temp_folder;                       // the pipeline's alone: recover() empties it
    std::function<void(const Progress&)> progress; // may be empty
    ArchiveLimits archive_limits;
    ReaderLimits reader_limits;
    std::size_t check_memory_bytes = 24 << 20; // for the keys of one check
    Scanner* scanner = nullptr;                // null: nothing is scanned
    ScanPolicy scan_policy;
    SubmissionWatch* watch = nullptr; // null: nobody
};

// Asks work to end early. Safe from many threads.
class StopFlag {
public:
    void ask(FailureCode why) { why_ = why; }
    Status check() const; // why, once somebody asked

private:
    std::atomic<std::optional<FailureCode>> why_{std::nullopt};
};

// One try at a submission by somebody who holds its lease.
struct JobTry {
    LeaseNumber lease;       // 0: none, and what fails is failed at once
    std::string lane;        // whose turn it is
    std::uint64_t bytes = 0; // those with fewer go first where turns are equal
    // After a failure that may pass: whether it is tried again, which is noted by then. Empty: it is not.
    std::function<Result<bool>(const Error&)> put_off;
};

struct Delivery {
    std::string target; // dataset or package
    bool target_is_package = false;
    std::string file_name;
    std::string by;
    std::string sender;      // id of the principal who may ask what became of it; empty: none but those who may read
    std::uint64_t bytes = 0; // size if known, for progress
    bool again = false;      // load it even if the same bytes are published already
    std::string source;      // the way it comes: http, folder, command ...
    std::string trace;       // see SubmissionRecord
    std::optional<FileNote> file; // to a dataset of files; without it the file's name is its path
    // Told of the submission before the first byte is read; nothing is read if it fails. May be empty.
    std::function<Status(SubmissionId)> begun;
    // Of a request that may be repeated: its key, asked for once all bytes are there, and its answer, told the
    // submission that it is about and whether that is an earlier one. Both are kept in the change that enters the
    // delivery. May be empty.
    std::function<Result<RequestKey>()> request;
    std::function<StoredAnswer(const SubmissionRecord& record, bool duplicate)> answer;
};

// A few records in memory; see records/small_records.hpp.
struct SmallDelivery {
    std::string dataset;
    SmallForm form = SmallForm::json;
    std::string body;
    std::string by;
    std::string sender;  // see SubmissionRecord
    std::string address; // where it came from, for the audit log
    std::string trace;   // see SubmissionRecord
};

struct CheckedSmall {
    SmallDelivery delivery;
    SmallRecords records;
    SubmissionRecord record;     // as it will be kept: queued, held or rejected; its id is not known yet
    std::optional<Error> reason; // why held or rejected
};

// Records of a person, or whatever else must go.
struct Erasure {
    std::string dataset;
    std::vector<FieldValue> where; // as a delivery writes them; all must hold
    bool drop_unreadable = false;  // kept deliveries that cannot be read go whole
    std::string by;
};

struct Received {
    SubmissionId id;
    bool duplicate = false; // the same bytes were delivered before, and are ignored: `id` is that submission
};

// Safe from many threads. What changes data (recover, publishing, undo, prune, the rehearsals, verify) is one at a time
// and waits its turn; receive(), the checks of run() and run_job(), and the open_ functions do not wait for it. The
// datasets must have been given to Warehouse::define().
//
// Two kinds of trouble are told apart. A delivery that is refused, whose system failed or that waits for a person has a
// record that says so (rejected, failed, held, with reason_code and reason): that is an answer, not an Error. An Error
// means that the request could not be carried out, or that its outcome could not be written down: then the next
// recover() or run() finds out from the warehouse.
class Pipeline {
public:
    explicit Pipeline(PipelineParts parts);
    ~Pipeline();
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;

    // At start, before anything else: finishes the bookkeeping of whatever a crash interrupted, asking the warehouse
    // what is published; drops what was staged; sweeps temporaries. Submissions that were safely received go back to
    // `queued`; deliveries cut off while they were received, and undos not carried out, become `failed` (interrupted).
    Status recover();

    // Takes a delivery in and keeps it; durable when it returns (state queued). Checks a plain CSV for a dataset while
    // the bytes pass, so that run() need not read it for that again. The same bytes to the same target again (unless
    // Delivery::again): as the target's contract says, ignored (the answer is the earlier submission, which run()
    // continues if it is not at its end), rejected (duplicate-delivery), or taken. Errors:
    // unknown-dataset, unknown-package, the source's, the stores'. After an error of the source that is only a notice
    // (file-changed) the submission is cancelled, after others failed.
    Result<Received> receive(const Delivery& delivery, ByteSource& bytes);
    // The same of a delivery that is a whole file already, on the disk of the object store, whose bytes are known to
    // have this SHA-256: it is gone from `path` afterwards. May be asked again after a crash, also when the file is
    // gone because its bytes are the object by then.
    Result<Received> receive_file(const Delivery& delivery, const std::string& path, const std::string& sha256);
    // Has a file of a dataset of files removed; queued and durable when it returns. Whether it is there is only known
    // when that is run: if it is not, nothing changes. `delivery` has no bytes. Errors: unknown-dataset, path-invalid,
    // not-supported (a dataset of records), the catalog's.
    Result<Received> remove_file(const Delivery& delivery);
    // A small submission: checks the records against all that does not depend on the rest of the dataset. Nothing is
    // kept yet. Errors: unknown-dataset; not-supported (the dataset is replaced as a whole); format-error.
    Result<CheckedSmall> check_small(SmallDelivery delivery);
    // Keeps it, rejected ones too; see Inbox::add().
    void keep_small(CheckedSmall checked, std::optional<RequestKey> request,
                    std::function<StoredAnswer(SubmissionId)> answer, Inbox::Done done);
    // Publishes small submissions that are queued as one version: of those the first, up to a micro-batch. Which those
    // were.
    Result<std::vector<SubmissionId>> publish_small(const InboxFilter& which);

    // Works off a queued submission, and before it those to the same datasets that were received before. Returns its
    // record at its end, or held.
    Result<SubmissionRecord> run(SubmissionId id);
    // The same of one submission under a lease; those before it are the caller's business, small ones aside. Its record
    // as it stands afterwards: queued if it was put off. Errors: as run(); lease-lost.
    Result<SubmissionRecord> run_job(SubmissionId id, const JobTry& job);
    // Which datasets it brings something to.
    std::set<std::string> datasets_of(const SubmissionRecord& record) const;
    // Whoever works on the submission in this process stops before it publishes, for that reason, and changes nothing
    // if that is lease-lost.
    void stop(SubmissionId id, FailureCode why);
    // Whether the scanner answers; held submissions that wait for it are queued again if it does. How many.
    Result<std::size_t> resume_unscanned();

    // What publishing would do.
    struct DryRun {
        SubmissionRecord record;           // as load would leave it; id 0 if there is none
        std::vector<CheckReport> reports;  // by part; of a part that could not be read to its end, empty
        std::vector<PartOutcome> outcomes; // by part, with sample rows; empty if it was rejected before
        std::vector<ModelOutcome> models;
        std::optional<Error> reason; // why it would be held or rejected
    };
    // Checks, guards and the diff of a file on disk, publishing and keeping nothing. Errors: unknown-dataset,
    // unknown-package, file-not-found, the stores'.
    Result<DryRun> dry_run(const Delivery& delivery, const std::string& path, std::size_t sample_rows);
    // The same of a held submission: what approve() would publish now. not-held.
    Result<DryRun> preview(SubmissionId id, std::size_t sample_rows);

    // Agrees to what the submission is held for, and runs it. Errors: not-held; approval-changed: it is held again, for
    // another number of deletions; object-missing and object-corrupt: it stays held.
    Result<SubmissionRecord> approve(SubmissionId id, const std::string& by);
    // Of one that is queued or held, or is being worked on; else wrong-state, also if it was published meanwhile.
    Result<SubmissionRecord> cancel(SubmissionId id, const std::string& by);
    // Runs it again from its kept bytes: of failed and queued, and of rejected (after the contract changed). Errors:
    // wrong-state; interrupted: its bytes never arrived whole; retention-expired: they are gone; object-missing and
    // object-corrupt: it stays as it is.
    Result<SubmissionRecord> retry(SubmissionId id, const std::string& by);

    struct Undone {
        SubmissionRecord record; // of the undo; of a dry run, id 0
        UndoOutcome outcome;
    };
    // Errors: unknown-submission and those of Warehouse::undo(); an undo that was refused leaves a rejected record.
    Result<Undone> undo(std::vector<SubmissionId> targets, bool cascade, bool dry_run, const std::string& by);

    // The raw delivery (of held deletions: the snapshot they come from); a part's violations as NDJSON; its rejects as
    // CSV. Empty if there were none. Held against their hash first. Errors: unknown-submission, bad-argument (no such
    // part, or an undo's raw), interrupted, retention-expired, object-corrupt.
    Result<std::unique_ptr<ObjectReader>> open_raw(SubmissionId id);
    Result<std::unique_ptr<ObjectReader>> open_errors(SubmissionId id, std::size_t part);
    Result<std::unique_ptr<ObjectReader>> open_rejects(SubmissionId id, std::size_t part);

    // An object that a row of a dataset of files refers to, as it is stored. object-missing.
    Result<std::unique_ptr<ObjectReader>> open_object(const ObjectId& id) const;

    // Goes on with another project: defines its datasets in the warehouse, and if that is done it is `project` from
    // then on. What is being received goes on with the one before. Errors: the warehouse's; then nothing has changed.
    Status reconfigure(std::unique_ptr<const Project> project);

    // Retention: drops raw deliveries, rejects and history that are older than their dataset's retention says, and
    // objects nobody needs that are older than an hour. Of a package, what must be kept longest counts; of a model, the
    // history of the datasets it reads.
    struct Pruned {
        std::uint64_t raw = 0;     // submissions
        std::uint64_t rejects = 0; // submissions
        std::uint64_t history_rows = 0;
        std::uint64_t objects = 0;
        std::uint64_t bytes = 0;         // of those objects
        std::uint64_t young_objects = 0; // that nobody needs either, but that are not older than an hour
        std::uint64_t young_bytes = 0;
    };
    // The same counts in a dry run, which removes nothing.
    Result<Pruned> prune(bool dry_run);

    struct Erased {
        SubmissionRecord record; // of the erasure or purge; of a dry run, id 0
        EraseOutcome outcome;
        std::uint64_t deliveries = 0; // kept deliveries written anew without the records, or dropped
        std::uint64_t records = 0;    // that were in them
        std::uint64_t reports = 0;    // error lists and rejects, likewise
    };
    // Removes the records that hold the values: from live rows and history, and from kept deliveries, errors and
    // rejects. A submission of its own, which goes on after a crash. Errors: unknown-dataset, bad-argument (no such
    // field, no value of its type), erasure-incomplete (nothing was changed).
    Result<Erased> erase(const Erasure& erasure, bool dry_run);
    // Removes all that a delivery at its end brought, whatever the retention says; it is `purged` then. Errors:
    // unknown-submission, wrong-state, bad-argument (not a delivery).
    Result<Erased> purge(SubmissionId id, bool dry_run, const std::string& by);
    // prune() as if nothing were to be kept: of one dataset, or of all if it is empty. unknown-dataset.
    Result<Pruned> purge_kept(const std::string& dataset, bool dry_run);

    // A backup of all that was acknowledged before it began (pipeline/backup_work.hpp): publishing waits while the
    // catalog and the warehouse are copied, removing until it is done. `keep`: generations to keep, 0 all.
    Result<BackupReport> back_up(BackupFolder& folder, const std::string& program, std::size_t keep);
    // Every object against its hash, the stores against each other, the counts of versions against the rows
    // (pipeline/verify_work.hpp). Publishing and removing wait.
    Result<Verification> verify();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace inlet
