#include "pipeline/intake.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/commit_point.hpp"
#include "pipeline/byte_origins.hpp"
#include "pipeline/content_kind.hpp"
#include "pipeline/file_part.hpp"
#include "pipeline/kept_delivery.hpp"

namespace inlet {

namespace {

// A part's origin that is only borrowed: of a delivery that is still arriving.
class BorrowedOrigin final : public ByteOrigin {
public:
    explicit BorrowedOrigin(const ByteOrigin& origin) : origin_(origin) {}
    Result<std::unique_ptr<ByteSource>> open() const override { return origin_.open(); }

private:
    const ByteOrigin& origin_;
};

} // namespace

Result<Received> Intake::receive(const Delivery& delivery, ByteSource& bytes) {
    const Target target = TRY(find_target(*parts_.project, delivery.target, delivery.target_is_package));
    SubmissionRecord record = TRY(begin(delivery, target));
    const Status begun = delivery.begun ? delivery.begun(record.id) : Status();
    return ended(record, begun ? take_in(delivery, target, record, bytes) : fail(begun.error()));
}

Result<Received> Intake::receive_file(const Delivery& delivery, const std::string& path, const std::string& sha256) {
    const Target target = TRY(find_target(*parts_.project, delivery.target, delivery.target_is_package));
    SubmissionRecord record = TRY(begin(delivery, target));
    auto stored = fresh_.take_over(parts_.objects, path, {target.name(), sha256});
    commit_point("pipeline.received");
    if (!stored) return ended(record, fail(std::move(stored.error())));
    return ended(record, enter(delivery, record, stored->info, std::nullopt));
}

Result<SubmissionRecord> Intake::describe(const Delivery& delivery, const Target& target) const {
    SubmissionRecord record;
    record.state = SubmissionState::receiving;
    record.target = delivery.target;
    record.target_is_package = delivery.target_is_package;
    record.file_name = delivery.file_name;
    record.by = delivery.by;
    record.sender = delivery.sender;
    record.source = delivery.source;
    record.trace = delivery.trace;
    if (target.dataset != nullptr && target.dataset->kind == DatasetKind::files) {
        record.file = TRY(file_note_of(*target.dataset, delivery.file, delivery.file_name));
        record.file_name = record.file->path;
    }
    return record;
}

Result<SubmissionRecord> Intake::begin(const Delivery& delivery, const Target& target) {
    SubmissionRecord record = TRY(describe(delivery, target));
    TRY(log_.create(record));
    commit_point("pipeline.receiving");
    return record;
}

Result<Received> Intake::remove_file(const Delivery& delivery) {
    const Target target = TRY(find_target(*parts_.project, delivery.target, false));
    if (target.dataset->kind != DatasetKind::files)
        return fail(FailureCode::not_supported, fmt::format("`{}` does not hold files", target.name()));
    SubmissionRecord record = TRY(describe(delivery, target));
    record.state = SubmissionState::queued;
    const std::lock_guard lock(entering_);
    record.received_at = next_moment();
    TRY(log_.create(record));
    return Received{record.id, false};
}

// Submissions are run in this order, whatever the clock does.
Timestamp Intake::next_moment() { return last_received_at_ = std::max(parts_.clock.now(), last_received_at_ + 1); }

Result<Received> Intake::ended(SubmissionRecord& record, Result<Received> received) {
    if (!received) {
        const bool is_notice = failure_info(received.error().code).kind == FailureKind::notice;
        // If this cannot be written down either, the next start finds the record and says `interrupted`.
        (void)log_.move(record, is_notice ? SubmissionState::cancelled : SubmissionState::failed, received.error());
    }
    return received;
}

Result<Received> Intake::take_in(const Delivery& delivery, const Target& target, SubmissionRecord& record,
                                 ByteSource& bytes) {
    progress_.enter(record.id, SubmissionState::receiving, delivery.bytes);
    KeptDelivery kept(bytes, parts_.objects, TRY(parts_.objects.create(target.name())), fresh_,
                      [&](std::uint64_t count) { progress_.add(record.id, count); });
    std::optional<CheckedPart> checked;
    if (target.dataset != nullptr && !record.file && recognise(TRY(kept.head())).kind == ContentKind::text) {
        auto check = checker_.check(
            {delivery.file_name, target.dataset, std::make_shared<BorrowedOrigin>(kept.again()), delivery.bytes}, &kept,
            true);
        // A check that failed for a reason of its own is none of the sender's business: run() will meet that reason
        // again.
        if (kept.failure()) return fail(*kept.failure());
        if (check && !check->failure) checked = std::move(*check);
    }
    TRY(kept.drain());
    FreshObjects::Stored* stored = TRY(kept.stored());
    commit_point("pipeline.received");
    if (checked) {
        std::shared_ptr<const ObjectReader> raw = TRY(parts_.objects.open(stored->info.id));
        checked->sent.bytes = raw->size();
        checked->sent.origin = std::make_shared<ObjectOrigin>(std::move(raw));
    }
    return enter(delivery, record, stored->info, std::move(checked));
}

// Whether sending the same bytes again would change nothing. What was appended stays appended; but a snapshot or an
// upsert that others have followed says something new when it comes again: that things are as they were.
Result<bool> Intake::still_stands(const SubmissionRecord& earlier) const {
    if (earlier.state != SubmissionState::published) return true; // it is under way, and may be waited for
    for (const PartRecord& part : earlier.parts) {
        const Dataset* dataset = parts_.project->dataset(part.dataset);
        if (dataset == nullptr || dataset->write == WriteMode::append) continue;
        const std::vector<VersionEntry> last = TRY(parts_.warehouse.versions(part.dataset, 1));
        if (!last.empty() && last.front().submission != earlier.id) return false;
    }
    return true;
}

// Who asks for the same bytes to be loaded again is not held to the contract's policy.
Duplicates Intake::duplicates_of(const Delivery& delivery) const {
    if (delivery.again) return Duplicates::accept;
    if (delivery.target_is_package) {
        const Package* package = parts_.project->package(delivery.target);
        return package == nullptr ? Duplicates::ignore : package->duplicates;
    }
    const Dataset* dataset = parts_.project->dataset(delivery.target);
    return dataset == nullptr ? Duplicates::ignore : dataset->duplicates;
}

Result<Received> Intake::enter(const Delivery& delivery, SubmissionRecord& record, const ObjectInfo& info,
                               std::optional<CheckedPart> checked) {
    std::optional<RequestKey> request;
    if (delivery.request) request = TRY(delivery.request());
    const auto answered = [&](const SubmissionRecord& about, bool duplicate) -> std::optional<AnsweredRequest> {
        if (!request) return std::nullopt;
        return AnsweredRequest{*request, delivery.answer(about, duplicate)};
    };
    const std::lock_guard lock(entering_);
    const Duplicates policy = duplicates_of(delivery);
    // The same bytes at another path are another file, and at the same path they say anew what it is.
    if (policy != Duplicates::accept && !record.file) {
        const auto earlier = TRY(parts_.catalog.same_bytes(record.target, info.id.sha256));
        // A package may have the name of a dataset.
        if (earlier && earlier->target_is_package == record.target_is_package && TRY(still_stands(*earlier))) {
            const Error reason(FailureCode::duplicate_delivery,
                               fmt::format("these are the bytes of submission {}", earlier->id.value));
            if (policy == Duplicates::reject) {
                TRY(log_.move(record, SubmissionState::rejected, reason));
                return Received{record.id, false};
            }
            TRY(log_.move(record, SubmissionState::cancelled, reason, answered(*earlier, true)));
            if (earlier->state == SubmissionState::queued) {
                memory_.note_whole(earlier->id);
                if (checked) memory_.remember(earlier->id, std::move(*checked));
            }
            return Received{earlier->id, true};
        }
    }
    record.raw_sha256 = info.id.sha256;
    record.raw_bytes = info.size;
    record.received_at = next_moment();
    memory_.note_whole(record.id);
    if (checked) memory_.remember(record.id, std::move(*checked));
    SubmissionRecord entered = record;
    entered.state = SubmissionState::queued;
    if (Status queued = log_.move(record, SubmissionState::queued, std::nullopt, answered(entered, false)); !queued) {
        // Its sender is told that it was not received, and will send it again.
        record.received_at = 0;
        record.raw_sha256.clear();
        return fail(std::move(queued.error()));
    }
    commit_point("pipeline.queued");
    return Received{record.id, false};
}

} // namespace inlet
