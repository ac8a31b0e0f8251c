// Takes one queued submission to its end, or to where a person must decide; and after a crash or a failure finds out
// how far it came. Floor 5. Different submissions may be prepared side by side; all else is one at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "pipeline/check_memory.hpp"
#include "pipeline/erase_work.hpp"
#include "pipeline/part_checker.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/progress_meter.hpp"
#include "pipeline/publisher.hpp"
#include "pipeline/reject_policy.hpp"
#include "pipeline/scan_step.hpp"
#include "pipeline/submission_log.hpp"
#include "pipeline/undo_work.hpp"

namespace inlet {

// One try at a submission.
struct Attempt {
    JobTry job;
    std::shared_ptr<const StopFlag> stop; // shared with whoever reads for it; null: nobody stops it
};

// A submission that was checked and may be published.
struct Prepared {
    SubmissionRecord record;
    std::vector<CheckedPart> parts;
    const Project* project = nullptr; // by whose contracts
};

class SubmissionWork {
public:
    // All borrowed.
    SubmissionWork(const PipelineParts& parts, SubmissionLog& log, const PartChecker& checker, CheckMemory& memory,
                   const Publisher& publisher, UndoWork& undos, EraseWork& erasures, ScanStep& scans,
                   ProgressMeter& progress)
        : parts_(parts), log_(log), checker_(checker), memory_(memory), publisher_(publisher), undos_(undos),
          erasures_(erasures), scans_(scans), progress_(progress) {}

    // `record` is a delivery, or held deletions, and is queued or checking. Scans and checks it. Nothing: it is
    // rejected, held, failed, cancelled or put off. Errors: what became of it cannot be written down; lease-lost.
    Result<std::optional<Prepared>> prepare(SubmissionRecord record, const Attempt& attempt);
    // The record as it stands afterwards. Errors: the same.
    Result<SubmissionRecord> publish(Prepared prepared, const Attempt& attempt);

    // `record` is queued and of another kind. The record as it stands afterwards. Errors: what became of it cannot be
    // written down.
    Result<SubmissionRecord> run(SubmissionRecord record);

    // The same of an undo, with what it did. Errors: also why it was refused or failed, with the record rejected or
    // failed.
    Result<Pipeline::Undone> run_undo(SubmissionRecord record);

    // `record` is not at its end, and nobody works on it: it goes to the end that it has reached already, back to
    // queued, or to failed (interrupted). Deliveries that are queued, and what is held, stay.
    Status settle(SubmissionRecord record);

    // Holds its kept bytes against their hash, so that the next run need not. object-corrupt. Nothing to do for an
    // undo.
    Status verify_kept(const SubmissionRecord& record) const;

    // The parts of a delivery as sent; its bytes are held against their hash first, if that was not done just now.
    // object-corrupt.
    Result<std::vector<SentPart>> unpack_kept(const SubmissionRecord& record) const;
    // The parts of it that held deletions are about.
    Result<std::vector<SentPart>> unpack_held_deletes(const SubmissionRecord& record) const;
    // Why held deletions mean nothing any more: a later snapshot of the dataset stands. Nothing if none does.
    Result<std::optional<Error>> superseded(const SubmissionRecord& record) const;

private:
    Result<bool> judge(Prepared& prepared, const Attempt& attempt);
    Result<std::vector<CheckedPart>> check(const SubmissionRecord& record, const Attempt& attempt);
    Status publish(SubmissionRecord& record, std::vector<CheckedPart>& parts);
    Status published(SubmissionRecord& record, const std::vector<CheckedPart>& parts,
                     const PublicationOutcome& outcome);
    Status refused(SubmissionRecord& record, const SubmissionOutcome& outcome);
    // Makes the held deletions of a part a submission of their own, unless they are already.
    Status hold_deletes(const SubmissionRecord& parent, const PartRecord& part, std::uint64_t rows);
    Status settle_published(SubmissionRecord& record);
    // Rows that a published snapshot would have deleted and that are still held for approval.
    Result<std::uint64_t> deletes_left(const SubmissionRecord& record, std::size_t part);
    Result<SubmissionRecord> give_up(SubmissionId id, const Error& error, const Attempt& attempt);

    const PipelineParts& parts_;
    SubmissionLog& log_;
    const PartChecker& checker_;
    CheckMemory& memory_;
    const Publisher& publisher_;
    UndoWork& undos_;
    EraseWork& erasures_;
    ScanStep& scans_;
    ProgressMeter& progress_;
};

// What the reject policies say of checked parts: nothing to pass, else why the submission is rejected or held.
struct PartsVerdict {
    RejectVerdict verdict = RejectVerdict::pass;
    std::optional<Error> reason;
};
PartsVerdict judge_parts(const std::vector<CheckedPart>& parts, bool rejects_approved);

// The counts of the warehouse beside those of the check.
void add_counts(PartRecord& part, const PartOutcome& outcome);
// Accepted records that a later one of the same part with the same key replaced: under upsert every key is counted
// once.
std::uint64_t superseded_records(const PartRecord& part, const Dataset& dataset);

// What the warehouse says a submission is held for: rows to be deleted, by dataset. Empty: something else.
std::map<std::string, std::uint64_t> asked_deletes(const Error& reason);

// No submission has this id: rehearsals stage and publish under it, one at a time.
inline constexpr SubmissionId kRehearsalId{-1};

} // namespace inlet
