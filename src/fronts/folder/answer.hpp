// What the outbox tells a provider about a delivery: the outcome as JSON, and the rejected records as they were sent.
// Floor 6. Safe from many threads.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "fronts/folder/open_folder.hpp"
#include "pipeline/pipeline.hpp"

namespace inlet::folder {

class Answer {
public:
    // Borrowed. `record`: of pickup.submission, at its end or held.
    Answer(const PickupRecord& pickup, const SubmissionRecord& record, Pipeline& pipeline);

    // The names in the outbox: `data.zip.result.json`, and for each part with rejects `data.zip.rejects.csv`, of
    // several parts `data.zip.MEMBER.rejects.csv`.
    const std::vector<std::string>& files() const { return files_; }
    // The rejects first and the result last, each whole under its name; files of these names are replaced. Rejects that
    // retention has taken since are left out.
    Status write_rejects(const OpenFolder& outbox) const;
    Status write_result(const OpenFolder& outbox) const;

private:
    Result<std::string> json() const;

    const PickupRecord& pickup_;
    const SubmissionRecord& record_;
    Pipeline& pipeline_;
    std::vector<std::string> files_;         // the result is the first
    std::vector<std::string> rejects_files_; // by part; empty: it has none
};

} // namespace inlet::folder
