// What publishing would do, of a file on disk or of a submission that is held: everything but the publication itself.
// Floor 5; one at a time.
#pragma once

#include <string>
#include <vector>

#include "pipeline/part_checker.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/publisher.hpp"
#include "pipeline/submission_work.hpp"

namespace inlet {

class Rehearsal {
public:
    // All borrowed.
    Rehearsal(const PipelineParts& parts, const PartChecker& checker, const Publisher& publisher,
              const SubmissionWork& work)
        : parts_(parts), checker_(checker), publisher_(publisher), work_(work) {}

    // See Pipeline::dry_run() and preview().
    Result<Pipeline::DryRun> of_file(const Delivery& delivery, const std::string& path, std::size_t sample_rows) const;
    Result<Pipeline::DryRun> of_held(SubmissionRecord record, std::size_t sample_rows) const;

private:
    Result<Pipeline::DryRun> rehearse(Pipeline::DryRun run, Result<std::vector<SentPart>> sent,
                                      std::size_t sample_rows) const;
    Status publish(Pipeline::DryRun& run, std::vector<CheckedPart>& checked, std::size_t sample_rows) const;

    const PipelineParts& parts_;
    const PartChecker& checker_;
    const Publisher& publisher_;
    const SubmissionWork& work_;
};

} // namespace inlet
