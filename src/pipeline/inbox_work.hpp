// Small submissions: checked while their sender waits, kept in the catalog, and published many at a time. Floor 5. Safe
// from many threads, but for publish(), which is one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/publisher.hpp"
#include "pipeline/scan_step.hpp"
#include "records/small_records.hpp"

namespace inlet {

class InboxWork {
public:
    InboxWork(const PipelineParts& parts, const Publisher& publisher)
        : parts_(parts), publisher_(publisher) {} // borrowed

    // See Pipeline::check_small(), keep_small(), publish_small().
    Result<CheckedSmall> check(SmallDelivery delivery);
    void keep(CheckedSmall checked, std::optional<RequestKey> request, std::function<StoredAnswer(SubmissionId)> answer,
              Inbox::Done done);
    Result<std::vector<SubmissionId>> publish(const InboxFilter& which);

    // What was sent; its violations, as lines of JSON; its rejects, as CSV. Errors: retention-expired.
    Result<std::string> raw(const SubmissionRecord& record);
    Result<std::string> errors(const SubmissionRecord& record);
    Result<std::string> rejects(const SubmissionRecord& record);

private:
    struct Piece; // an entry of the inbox on its way into the warehouse

    Result<const SmallReader*> reader(const Dataset& dataset);
    Result<SmallRecords> read(const Dataset& dataset, std::string_view body, SmallForm form,
                              std::size_t violations_max);
    Result<SmallRecords> read_again(const SubmissionRecord& record, std::string& body, SmallForm& form);
    Result<Piece> prepare(const InboxEntry& entry, SmallScans& scans);
    static SubmissionRecord sketch_of(const Piece& piece, const InboxOutcome& outcome);
    static void count_rejects(const Piece& piece, InboxOutcome& outcome);
    Status publish_pieces(std::vector<Piece*> pieces, std::vector<InboxOutcome>& outcomes);
    Status settle_published(const std::vector<SubmissionId>& ids, std::vector<InboxOutcome>& outcomes);

    const PipelineParts& parts_;
    const Publisher& publisher_;
    std::mutex mutex_;
    // Behind mutex_: by dataset, which is another one once the project was read again.
    std::map<const Dataset*, std::unique_ptr<SmallReader>> readers_;
};

} // namespace inlet
