// Publishes one submission into a state, as docs/versions.md (Publishing) says. Floor 3; one thread at a time.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "warehouse/memory/state.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::memory {

struct StagedBatch {
    SubmissionId submission;
    std::string dataset;
    std::shared_ptr<const RowSource> rows; // shared with whoever staged it
};
using Staged = std::map<StageToken, StagedBatch>;

// Publishes the submission into `state` as `version`. Unless the outcome says published, `state` is as it was. An Error
// is one of the whole publication: a batch that is not staged or cannot be read, an unknown dataset, or the judge's
// own.
Result<SubmissionOutcome> publish_one(State& state, const PublishSubmission& submission, Version version,
                                      const Staged& staged, PublishJudge& judge, const std::string& by,
                                      std::size_t sample_rows);

} // namespace inlet::memory
