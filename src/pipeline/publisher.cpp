#include "pipeline/publisher.hpp"

#include <algorithm>
#include <utility>

#include "base/commit_point.hpp"
#include "pipeline/byte_origins.hpp"
#include "pipeline/model_order.hpp"
#include "pipeline/reject_judge.hpp"
#include "records/part_rows.hpp"

namespace inlet {

namespace {

// The rows of a part, its batches numbered from `first_batch` (see kPartBatches).
class NumberedRows final : public RowSource {
public:
    NumberedRows(std::shared_ptr<const RowSource> inner, std::uint64_t first_batch)
        : inner_(std::move(inner)), first_batch_(first_batch) {}

    Result<std::unique_ptr<RowStream>> open() const override {
        class Stream final : public RowStream {
        public:
            Stream(std::unique_ptr<RowStream> inner, std::uint64_t first_batch)
                : inner_(std::move(inner)), first_batch_(first_batch) {}
            Result<bool> next(RecordBatch& batch) override {
                if (!TRY(inner_->next(batch))) return false;
                CHECK(batch.ordinal < kPartBatches);
                batch.ordinal += first_batch_;
                return true;
            }

        private:
            std::unique_ptr<RowStream> inner_;
            std::uint64_t first_batch_;
        };
        return std::make_unique<Stream>(TRY(inner_->open()), first_batch_);
    }
    std::uint64_t rows() const override { return inner_->rows(); }

private:
    std::shared_ptr<const RowSource> inner_; // its only owner
    std::uint64_t first_batch_;
};

} // namespace

Effect effect_of(WriteMode mode) {
    switch (mode) {
    case WriteMode::append:
        return Effect::append;
    case WriteMode::upsert:
        return Effect::upsert;
    case WriteMode::replace:
        return Effect::replace;
    case WriteMode::sync:
        return Effect::sync;
    }
    std::unreachable();
}

Publisher::Publisher(const CurrentProject& project, Warehouse& warehouse, const PartChecker& checker,
                     ProgressMeter& progress)
    : project_(project), warehouse_(warehouse), checker_(checker), progress_(progress) {}

std::vector<Model> Publisher::models() const { return in_dependency_order(project_->models); }

Result<PublicationOutcome> Publisher::publish(const Publication& publication, std::vector<CheckedPart>& parts) const {
    PublishRequest request;
    request.models = models();
    request.by = publication.by;
    request.dry_run = publication.dry_run;
    request.sample_rows = publication.sample_rows;
    request.submissions.push_back({publication.id, TRY(stage(publication, parts)), publication.approved_deletes});
    if (publication.staged) TRY(publication.staged());
    std::uint64_t bytes = 0;
    std::uint64_t rows = 0;
    for (const CheckedPart& part : parts) {
        bytes += part.sent.bytes;
        rows += part.report.accepted;
    }
    progress_.enter(publication.id, SubmissionState::publishing, bytes, rows);
    RejectJudge judge(parts, checker_, {publication.rejects_approved, !publication.dry_run, publication.before_rest});
    PublishOutcome outcome = TRY(warehouse_.publish(request, judge));
    CHECK(outcome.submissions.size() == 1);
    PublicationOutcome result{outcome.version, std::move(outcome.submissions.front()), std::move(outcome.models)};
    if (result.submission.state != SubmissionOutcome::State::published && judge.reason()) {
        result.submission.reason = judge.reason();
    }
    return result;
}

Result<std::vector<PublishPart>> Publisher::stage(const Publication& publication,
                                                  std::vector<CheckedPart>& parts) const {
    std::vector<PublishPart> staged;
    std::map<std::string, std::uint64_t> parts_of_dataset;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const CheckedPart& part = parts[i];
        const Dataset& dataset = *part.sent.dataset;
        PublishPart publish;
        publish.dataset = dataset.name;
        publish.effect = publication.removes         ? Effect::remove
                         : publication.delete_before ? Effect::delete_missing
                                                     : effect_of(dataset.write);
        publish.delete_before = publication.delete_before;
        publish.deletes = dataset.deletes;
        publish.rejected = part.report.rejected;
        publish.broken_keys_readable = part.report.rejected_keys_readable;
        if (part.report.rejected > 0 && !dataset.schema.primary_key.empty()) {
            publish.broken_keys = make_part_rows(part.sent.origin, part.format, part.report, RowsWanted::broken_keys);
        }
        const auto metered = std::make_shared<MeteredOrigin>(
            part.sent.origin, [this, id = publication.id](std::uint64_t bytes) { progress_.add(id, bytes); });
        std::shared_ptr<const RowSource> rows = make_part_rows(metered, part.format, part.report);
        const std::uint64_t earlier = parts_of_dataset[dataset.name]++;
        if (earlier > 0) rows = std::make_shared<NumberedRows>(std::move(rows), earlier * kPartBatches);
        publish.tokens.push_back(
            TRY(warehouse_.stage(publication.id, dataset.name, i, publication.attempt, std::move(rows))));
        staged.push_back(std::move(publish));
    }
    return staged;
}

} // namespace inlet
