// Carries out erasures and purges: submissions that remove. Every step can be taken again, so that one that was cut off
// goes on from its beginning. What an erasure looks for is an object of its own until the end; its hash stays as the
// proof. Floor 5; one at a time, while nothing else removes objects.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.hpp"
#include "pipeline/check_memory.hpp"
#include "pipeline/fresh_objects.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/publisher.hpp"
#include "pipeline/record_cuts.hpp"
#include "pipeline/retention.hpp"
#include "pipeline/submission_log.hpp"
#include "pipeline/undo_work.hpp"

namespace inlet {

class EraseWork {
public:
    // All borrowed.
    EraseWork(const PipelineParts& parts, SubmissionLog& log, FreshObjects& fresh, CheckMemory& memory,
              const Publisher& publisher, RetentionWork& retention)
        : parts_(parts), log_(log), fresh_(fresh), memory_(memory), publisher_(publisher), retention_(retention) {}

    // What it would do. See Pipeline::erase() and purge() for errors.
    Result<Pipeline::Erased> rehearse(const Erasure& erasure);
    Result<Pipeline::Erased> rehearse_purge(const SubmissionRecord& target, const std::string& by);
    // The queued submission that will do it.
    Result<SubmissionRecord> begin(const Erasure& erasure);
    Result<SubmissionRecord> begin_purge(const SubmissionRecord& target, const std::string& by);

    // Of a queued erasure or purge, to its end.
    Status carry_out(SubmissionRecord& record);
    // What the last one did; its record is not set.
    Pipeline::Erased take_outcome() { return std::exchange(outcome_, {}); }

private:
    struct Search {
        std::string dataset;
        std::vector<WantedValue> wanted;
        bool drop_unreadable = false;
    };

    Result<Search> read_search(const Erasure& erasure) const;
    Result<Search> read_search(const SubmissionRecord& record) const; // of what begin() kept
    EraseRequest request_of(const Search& search, SubmissionId id, const std::string& by) const;
    Status erase(SubmissionRecord& record);
    Status purge(SubmissionRecord& record);
    Status publish(SubmissionRecord& record, const EraseRequest& request);
    Status prove(const SubmissionRecord& record);
    Status finish(SubmissionRecord& record);

    // Goes through what is kept of every submission to the dataset. `unreadable`: deliveries that have or may have such
    // records and cannot be written anew.
    Status search_kept(const Search& search, SubmissionId self, bool dry_run, std::vector<SubmissionId>& unreadable);
    Status search_small(const SubmissionRecord& record, const Search& search, bool dry_run);
    Status search_submission(SubmissionRecord record, const Search& search, bool dry_run,
                             std::vector<SubmissionId>& unreadable);
    Result<Cuts> find_in_raw(const SubmissionRecord& record, const Search& search,
                             std::shared_ptr<const ObjectReader> raw) const;
    // Writes the object anew and returns its new hash.
    Result<FreshObjects::Stored> write_anew(const ObjectId& id, const Cuts& cuts);

    const PipelineParts& parts_;
    SubmissionLog& log_;
    FreshObjects& fresh_;
    CheckMemory& memory_;
    const Publisher& publisher_;
    RetentionWork& retention_;
    Pipeline::Erased outcome_;
};

} // namespace inlet
