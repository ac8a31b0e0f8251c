// Shows deliveries to the malware scanner before they are checked. Floor 5. Safe from many threads.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "catalog/catalog.hpp"
#include "pipeline/check_memory.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/submission_log.hpp"

namespace inlet {

class ScanStep {
public:
    // All borrowed.
    ScanStep(const PipelineParts& parts, SubmissionLog& log, CheckMemory& memory)
        : parts_(parts), log_(log), memory_(memory) {}

    // Whether the delivery, which is checking, may go on; else it is rejected or held by now. `go_on`: see
    // Scanner::scan(). Errors: of `go_on`, the catalog and the object store.
    Result<bool> run(SubmissionRecord& record, const std::function<Status()>& go_on);
    // See Pipeline::resume_unscanned().
    Result<std::size_t> resume();

private:
    const PipelineParts& parts_;
    SubmissionLog& log_;
    CheckMemory& memory_;
};

// What the scanner says of small submissions, which wait to be published: why one is not, if it is not.
struct SmallScan {
    SubmissionState state = SubmissionState::queued;
    std::optional<Error> reason;
};
class SmallScans {
public:
    explicit SmallScans(const PipelineParts& parts) : parts_(parts) {} // borrowed
    Result<SmallScan> scan(const std::string& body);

private:
    const PipelineParts& parts_;
    std::optional<Error> away_; // the scanner did not answer, and is not asked again
};

// Whether it is held because the scanner did not say what it is.
bool is_unscanned(const SubmissionRecord& record);
// Whether what was sent is kept only because it is malware, and given to nobody.
bool is_quarantined(const SubmissionRecord& record);

} // namespace inlet
