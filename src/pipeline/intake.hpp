// Takes deliveries in: keeps the bytes, tells repetitions, and checks a plain CSV while it passes. Floor 5. Safe from
// many threads.
#pragma once

#include <mutex>

#include "catalog/catalog.hpp"
#include "pipeline/check_memory.hpp"
#include "pipeline/fresh_objects.hpp"
#include "pipeline/part_checker.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/progress_meter.hpp"
#include "pipeline/submission_log.hpp"

namespace inlet {

class Intake {
public:
    // All borrowed.
    Intake(const PipelineParts& parts, SubmissionLog& log, FreshObjects& fresh, PartChecker& checker,
           CheckMemory& memory, ProgressMeter& progress)
        : parts_(parts), log_(log), fresh_(fresh), checker_(checker), memory_(memory), progress_(progress) {}

    // See Pipeline::receive().
    Result<Received> receive(const Delivery& delivery, ByteSource& bytes);

    // See Pipeline::receive_file().
    Result<Received> receive_file(const Delivery& delivery, const std::string& path, const std::string& sha256);

    // See Pipeline::remove_file().
    Result<Received> remove_file(const Delivery& delivery);

private:
    Result<SubmissionRecord> describe(const Delivery& delivery, const Target& target) const;
    Result<SubmissionRecord> begin(const Delivery& delivery, const Target& target);
    Result<Received> ended(SubmissionRecord& record, Result<Received> received);
    Result<Received> take_in(const Delivery& delivery, const Target& target, SubmissionRecord& record,
                             ByteSource& bytes);
    Timestamp next_moment(); // behind entering_
    Duplicates duplicates_of(const Delivery& delivery) const;
    Result<bool> still_stands(const SubmissionRecord& earlier) const;
    Result<Received> enter(const Delivery& delivery, SubmissionRecord& record, const ObjectInfo& info,
                           std::optional<CheckedPart> checked);

    const PipelineParts& parts_;
    SubmissionLog& log_;
    FreshObjects& fresh_;
    PartChecker& checker_;
    CheckMemory& memory_;
    ProgressMeter& progress_;
    std::mutex entering_;            // one at a time asks for the same bytes and becomes queued
    Timestamp last_received_at_ = 0; // behind entering_
};

} // namespace inlet
