// Lets go of what was kept long enough: raw deliveries, rejects, history, and then of the objects nobody needs. Floor
// 5; one at a time.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "pipeline/fresh_objects.hpp"
#include "pipeline/pipeline.hpp"

namespace inlet {

class RetentionWork {
public:
    // Both borrowed.
    RetentionWork(const PipelineParts& parts, FreshObjects& fresh) : parts_(parts), fresh_(fresh) {}

    // See Pipeline::prune().
    Result<Pipeline::Pruned> prune(bool dry_run);
    // See Pipeline::purge_kept().
    Result<Pipeline::Pruned> purge(const std::string& dataset, bool dry_run);
    // Removes every object that nothing refers to, however young.
    Status remove_unneeded();

private:
    using Kept = std::optional<std::chrono::seconds>;
    using Dropped = std::map<ObjectId, std::uint64_t>; // references that a dry run would have taken away

    // The objects that rows of a dataset of files refer to, live ones and those that can still be read or brought back.
    struct Standing {
        std::set<std::string> sha256;
        Version pruned_below; // what was published after it may still be brought back
    };
    Status read_standing();
    // Whether its bytes are those of a file that stands, or stood not long enough ago.
    bool stands(const SubmissionRecord& record) const;

    Status forget_small(bool dry_run, Pipeline::Pruned& pruned);
    Status forget_deliveries(bool dry_run, Pipeline::Pruned& pruned, Dropped& dropped);
    Status forget_delivery(const SubmissionRecord& record, bool dry_run, Pipeline::Pruned& pruned, Dropped& dropped);
    Status prune_history(bool dry_run, Pipeline::Pruned& pruned);
    Status prune_table(const std::string& name, Kept kept, bool dry_run, Pipeline::Pruned& pruned);
    Status remove_objects(bool dry_run, Pipeline::Pruned& pruned, const Dropped& dropped);
    Result<Pipeline::Pruned> work(bool dry_run);
    // While a purge is under way, what it concerns need not be kept at all.
    bool goes_now(const SubmissionRecord& record) const;
    bool goes_now(const std::string& dataset) const { return now_ && (now_->empty() || *now_ == dataset); }
    Kept raw_kept(const SubmissionRecord& record) const;
    Kept rejects_kept(const SubmissionRecord& record) const;
    bool is_over(Timestamp since, Kept kept) const;

    const PipelineParts& parts_;
    FreshObjects& fresh_;
    std::map<std::string, Standing> standing_; // by dataset of files
    std::optional<std::string> now_;           // set while a purge is under way: the dataset, empty for all
};

} // namespace inlet
