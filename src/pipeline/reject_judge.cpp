#include "pipeline/reject_judge.hpp"

#include <algorithm>
#include <map>

namespace inlet {

namespace {

// Orders whose key is live already.
class TakenKeys final : public LateFlaws {
public:
    TakenKeys(Rule rule, std::uint32_t field, std::vector<RecordOrder> orders)
        : rule_(rule), field_(field), orders_(std::move(orders)) {}

    Result<std::unique_ptr<LateFlawStream>> open() const override {
        class Stream final : public LateFlawStream {
        public:
            explicit Stream(const TakenKeys& keys) : keys_(keys) {}
            Result<bool> next(LateFlaw& flaw) override {
                if (at_ == keys_.orders_.size()) return false;
                flaw = {keys_.orders_[at_++], keys_.rule_, keys_.field_, true, {}};
                return true;
            }

        private:
            const TakenKeys& keys_;
            std::size_t at_ = 0;
        };
        return std::make_unique<Stream>(*this);
    }
    std::uint64_t count() const override { return orders_.size(); }

private:
    Rule rule_;
    std::uint32_t field_;
    std::vector<RecordOrder> orders_;
};

std::string join(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
    return text;
}

void add_count(CheckReport& report, const ViolationCount& more) {
    const auto same = [&](const ViolationCount& count) { return count.code == more.code && count.field == more.field; };
    const auto found = std::ranges::find_if(report.counts, same);
    if (found != report.counts.end()) {
        found->count += more.count;
    } else {
        report.counts.push_back(more);
    }
    report.errors_total += more.count;
    report.rejected += more.count;
    report.accepted -= more.count;
}

} // namespace

RejectJudge::RejectJudge(std::vector<CheckedPart>& parts, const PartChecker& checker, Options options)
    : parts_(parts), checker_(checker), options_(std::move(options)), taken_(parts.size()) {
    for (std::size_t i = 0; i < parts_.size(); ++i) taken_[i].in_file = parts_[i].report.late;
}

Result<PublishJudge::Verdict> RejectJudge::conflicts(SubmissionId, const std::string& dataset, FailureCode code,
                                                     const std::vector<std::string>& fields,
                                                     const std::vector<RecordOrder>& orders) {
    std::vector<std::size_t> parts_of_dataset;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (parts_[i].dataset_name() == dataset) parts_of_dataset.push_back(i);
    }
    std::map<std::size_t, std::vector<RecordOrder>> by_part;
    for (const RecordOrder order : orders) {
        const std::uint64_t batch = order.value >> 32;
        const std::uint64_t place = batch / kPartBatches;
        CHECK(place < parts_of_dataset.size());
        const auto record = order.value & 0xFFFFFFFF;
        by_part[parts_of_dataset[place]].push_back(RecordOrder::of(batch % kPartBatches, record));
    }
    Verdict verdict = Verdict::publish_rest;
    for (auto& [index, records] : by_part) {
        TRY(add(index, code, fields, std::move(records)));
        const CheckedPart& part = parts_[index];
        const RejectPolicy& policy = part.sent.dataset->rejects;
        const Error reason = too_many_rejects(policy, part.sent.name, part.report.rows, part.report.rejected);
        switch (judge_rejects(policy, part.report.rows, part.report.rejected, options_.rejects_approved)) {
        case RejectVerdict::pass:
            break;
        case RejectVerdict::hold:
            if (verdict == Verdict::publish_rest) reason_ = reason;
            if (verdict == Verdict::publish_rest) verdict = Verdict::hold;
            break;
        case RejectVerdict::reject:
            if (verdict != Verdict::reject) reason_ = reason;
            verdict = Verdict::reject;
            break;
        }
    }
    if (verdict == Verdict::publish_rest && options_.before_rest) TRY(options_.before_rest());
    return verdict;
}

// Goes through the part once more, so that its report and rejects tell of these too. Only as many are named as rejects
// are kept; the others are counted.
Status RejectJudge::add(std::size_t index, FailureCode code, const std::vector<std::string>& fields,
                        std::vector<RecordOrder> orders) {
    CheckedPart& part = parts_[index];
    Taken& taken = taken_[index];
    const auto kept_max = static_cast<std::size_t>(part.sent.dataset->rejects.keep);
    if (orders.size() > kept_max) {
        taken.beyond.push_back({code, join(fields), orders.size() - kept_max});
        orders.resize(kept_max);
        orders.shrink_to_fit();
    }
    const bool of_field = code == FailureCode::unique_error;
    const std::uint32_t field =
        of_field ? static_cast<std::uint32_t>(*part.format.schema.find(fields.front())) : kWholeRecord;
    taken.in_dataset.push_back(
        std::make_shared<TakenKeys>(of_field ? Rule::unique : Rule::key_taken, field, std::move(orders)));
    std::vector<std::shared_ptr<const LateFlaws>> all = taken.in_dataset;
    all.push_back(taken.in_file);
    const std::uint64_t repeated = part.report.repeated_keys;
    TRY(checker_.recheck(part, merge_late_flaws(std::move(all)), options_.keep));
    part.report.repeated_keys = repeated;
    for (const ViolationCount& more : taken.beyond) add_count(part.report, more);
    return {};
}

} // namespace inlet
