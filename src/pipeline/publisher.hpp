// From checked parts to one publishing transaction. Floor 5; one publication at a time.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "contract/current_project.hpp"
#include "pipeline/part_checker.hpp"
#include "pipeline/progress_meter.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

struct Publication {
    SubmissionId id;
    std::uint32_t attempt = 0;
    std::string by;
    std::map<std::string, std::uint64_t> approved_deletes;
    bool rejects_approved = false;
    std::optional<Version> delete_before; // set: only deletes what the parts miss; see Effect::delete_missing
    bool removes = false;                 // the parts name the rows that go; see Effect::remove
    bool dry_run = false;
    std::size_t sample_rows = 0;
    std::function<Status()> staged; // called between staging and publishing; may be empty
    std::function<Status()>
        before_rest; // called before the rest of a part with late rejects is published; may be empty
};

struct PublicationOutcome {
    Version version;
    SubmissionOutcome submission;
    std::vector<ModelOutcome> models;
};

class Publisher {
public:
    // All borrowed.
    Publisher(const CurrentProject& project, Warehouse& warehouse, const PartChecker& checker, ProgressMeter& progress);

    // Stages the parts and publishes them. Reports of parts change where keys turn out to be taken. What was staged
    // stays until Warehouse::discard(). Errors: of the warehouse and of whatever the parts lie in.
    Result<PublicationOutcome> publish(const Publication& publication, std::vector<CheckedPart>& parts) const;

    std::vector<Model> models() const; // in dependency order

private:
    Result<std::vector<PublishPart>> stage(const Publication& publication, std::vector<CheckedPart>& parts) const;

    const CurrentProject& project_;
    Warehouse& warehouse_;
    const PartChecker& checker_;
    ProgressMeter& progress_;
};

Effect effect_of(WriteMode mode);

} // namespace inlet
