// Turns keys that the dataset holds already into rejects of the part that brought them, and applies the dataset's
// policy. Called by the warehouse inside the publishing transaction. Floor 5; one publication, one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/part_checker.hpp"
#include "pipeline/reject_policy.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

// Records of the second part for a dataset, of the third ... are numbered from a multiple of this many batches, so that
// their orders tell which part they are of. Bounds a part to 16 million chunks.
inline constexpr std::uint64_t kPartBatches = std::uint64_t{1} << 24;

class RejectJudge final : public PublishJudge {
public:
    struct Options {
        bool rejects_approved = false;
        bool keep = true; // whether errors and rejects are stored
        // Called when the rest is to be published, before it is: with the parts as they are now. May be empty.
        std::function<Status()> before_rest;
    };

    // Borrows both; parts' reports and outputs change as conflicts come.
    RejectJudge(std::vector<CheckedPart>& parts, const PartChecker& checker, Options options);

    Result<Verdict> conflicts(SubmissionId submission, const std::string& dataset, FailureCode code,
                              const std::vector<std::string>& fields, const std::vector<RecordOrder>& orders) override;

    // Why the last verdict was not to publish the rest.
    const std::optional<Error>& reason() const { return reason_; }

private:
    struct Taken {                                // of one part
        std::shared_ptr<const LateFlaws> in_file; // from the check
        std::vector<std::shared_ptr<const LateFlaws>> in_dataset;
        std::vector<ViolationCount> beyond; // conflicts past those that are kept, by code and field
    };

    Status add(std::size_t part, FailureCode code, const std::vector<std::string>& fields,
               std::vector<RecordOrder> orders);

    std::vector<CheckedPart>& parts_;
    const PartChecker& checker_;
    Options options_;
    std::vector<Taken> taken_; // by part
    std::optional<Error> reason_;
};

} // namespace inlet
