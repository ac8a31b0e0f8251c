#include "pipeline/inbox_work.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/commit_point.hpp"
#include "pipeline/reject_policy.hpp"
#include "pipeline/submission_log.hpp"
#include "records/violation_text.hpp"

namespace inlet {

namespace {

constexpr std::uint64_t kBatchRecords = 50'000; // of a micro-batch
constexpr std::uint64_t kBatchBytes = 64 << 20; // of its bodies
constexpr std::size_t kSettledTogether = 1000;  // in one transaction of the catalog: others write between

bool takes_small(const Dataset& dataset) {
    return dataset.kind == DatasetKind::table &&
           (dataset.write == WriteMode::append || dataset.write == WriteMode::upsert);
}

// The accepted records of one small submission.
class SmallRows final : public RowSource {
public:
    explicit SmallRows(std::shared_ptr<const SmallRecords> records) : records_(std::move(records)) {}

    Result<std::unique_ptr<RowStream>> open() const override {
        class Stream final : public RowStream {
        public:
            explicit Stream(std::shared_ptr<const SmallRecords> records) : records_(std::move(records)) {}
            Result<bool> next(RecordBatch& batch) override {
                if (given_.exchange(true)) return false;
                const RecordBatch& from = records_->batch;
                batch.ordinal = from.ordinal;
                batch.rows = from.rows;
                batch.columns = from.columns; // texts stay where they are
                batch.rejected = from.rejected;
                batch.rejected_count = from.rejected_count;
                batch.bytes = from.bytes;
                return true;
            }

        private:
            std::shared_ptr<const SmallRecords> records_; // shared with the source: texts lie there
            std::atomic<bool> given_{false};
        };
        return std::make_unique<Stream>(records_);
    }
    std::uint64_t rows() const override { return records_->accepted(); }

private:
    std::shared_ptr<const SmallRecords> records_; // shared with its streams
};

std::string small_name(SmallForm form) { return fmt::format("records.{}", to_string(form)); }

// What the dataset's policy says of the records.
struct PolicyVerdict {
    SubmissionState state = SubmissionState::queued;
    std::optional<Error> reason; // of held and rejected
};

PolicyVerdict judge(const Dataset& dataset, SmallForm form, std::uint64_t rows, std::uint64_t rejected, bool approved) {
    PolicyVerdict verdict;
    const RejectVerdict what = judge_rejects(dataset.rejects, rows, rejected, approved);
    if (what == RejectVerdict::pass) return verdict;
    verdict.state = what == RejectVerdict::hold ? SubmissionState::held : SubmissionState::rejected;
    verdict.reason = too_many_rejects(dataset.rejects, small_name(form), rows, rejected);
    return verdict;
}

PolicyVerdict judge(const Dataset& dataset, SmallForm form, const SmallRecords& records, bool approved) {
    if (records.batch.rows == 0 && !records.violations.empty()) { // labels of CSV
        const Violation& first = records.violations.front().violation;
        return {SubmissionState::rejected, Error(first.code, first.message)};
    }
    return judge(dataset, form, records.batch.rows, records.batch.rejected_count, approved);
}

// What a SubmissionWatch is told of a small submission.
SubmissionRecord sketch_of(const SubmissionRecord& record) {
    SubmissionRecord sketch;
    sketch.kind = record.kind;
    sketch.state = record.state;
    sketch.reason_code = record.reason_code;
    sketch.target = record.target;
    sketch.trace = record.trace;
    sketch.raw_bytes = record.raw_bytes;
    sketch.parts = record.parts;
    return sketch;
}

// The same, and then `done`.
Inbox::Done telling(SubmissionWatch& watch, const SubmissionRecord& record, Inbox::Done done) {
    return [&watch, sketch = sketch_of(record), done = std::move(done)](Result<Inbox::Receipt> receipt) mutable {
        if (receipt && receipt->id) {
            sketch.id = receipt->id;
            watch.step(sketch, sketch.state == SubmissionState::queued ? "received" : to_string(sketch.state));
        }
        done(std::move(receipt));
    };
}

InboxOutcome outcome_of(SubmissionId id, SubmissionState state, const std::optional<Error>& reason, Version version) {
    InboxOutcome outcome;
    outcome.id = id;
    outcome.state = state;
    outcome.version = version;
    SubmissionRecord record;
    record.version = version;
    if (reason) {
        record.reason_code = outcome.reason_code = failure_info(reason->code).code;
        record.reason = outcome.reason = reason->message;
    }
    outcome.event = submission_event(record, std::string(to_string(state)));
    return outcome;
}

} // namespace

struct InboxWork::Piece {
    const InboxEntry* entry = nullptr;
    const Dataset* dataset = nullptr; // null: decided already
    SmallForm form = SmallForm::json;
    std::shared_ptr<const SmallRecords> records; // shared with the row source
    InboxOutcome outcome;
    std::vector<std::uint32_t> late;
};

Result<const SmallReader*> InboxWork::reader(const Dataset& dataset) {
    const std::scoped_lock lock(mutex_);
    auto& known = readers_[&dataset];
    if (!known) known = TRY(SmallReader::make(dataset.schema, dataset.dialect));
    return known.get();
}

Result<SmallRecords> InboxWork::read(const Dataset& dataset, std::string_view body, SmallForm form,
                                     std::size_t violations_max) {
    const SmallReader* reader = TRY(this->reader(dataset));
    return reader->read(body, form,
                        {.repeated_keys = dataset.write == WriteMode::append, .violations_max = violations_max});
}

Result<CheckedSmall> InboxWork::check(SmallDelivery delivery) {
    const Dataset* dataset = parts_.project->dataset(delivery.dataset);
    if (dataset == nullptr)
        return fail(FailureCode::unknown_dataset, fmt::format("there is no dataset `{}`", delivery.dataset));
    if (dataset->kind == DatasetKind::files) {
        return fail(FailureCode::not_supported, fmt::format("`{0}` holds files, which are sent to "
                                                            "/v1/datasets/{0}/files/PATH",
                                                            dataset->name));
    }
    if (!takes_small(*dataset)) {
        return fail(FailureCode::not_supported,
                    fmt::format("`{}` is written by {}: every delivery is the whole of it, and is sent as a file to "
                                "/v1/datasets/{}/submissions",
                                dataset->name, to_string(dataset->write), dataset->name));
    }
    CheckedSmall checked;
    checked.records = TRY(read(*dataset, delivery.body, delivery.form, 1000));
    const PolicyVerdict verdict = judge(*dataset, delivery.form, checked.records, false);
    checked.reason = verdict.reason;
    SubmissionRecord& record = checked.record;
    record.kind = SubmissionKind::records;
    record.state = verdict.state;
    if (verdict.reason) {
        record.reason_code = failure_info(verdict.reason->code).code;
        record.reason = verdict.reason->message;
    }
    record.target = dataset->name;
    record.file_name = small_name(delivery.form);
    record.raw_bytes = delivery.body.size();
    record.by = delivery.by;
    record.sender = delivery.sender;
    record.trace = delivery.trace;
    PartRecord& part = record.parts.emplace_back();
    part.name = record.file_name;
    part.dataset = dataset->name;
    part.rows = checked.records.batch.rows;
    part.rejected = checked.records.batch.rejected_count;
    part.accepted = part.rows - part.rejected;
    part.errors_total = checked.records.errors_total;
    for (const ViolationCount& count : checked.records.counts)
        part.counts.push_back({std::string(failure_info(count.code).code), count.field, count.count});
    checked.delivery = std::move(delivery);
    return checked;
}

void InboxWork::keep(CheckedSmall checked, std::optional<RequestKey> request,
                     std::function<StoredAnswer(SubmissionId)> answer, Inbox::Done done) {
    const bool is_queued = checked.record.state == SubmissionState::queued;
    CatalogEvent event =
        submission_event(checked.record, is_queued ? "received" : std::string(to_string(checked.record.state)));
    AuditEntry audit;
    audit.by = checked.delivery.by;
    audit.by_id = checked.delivery.sender;
    audit.address = checked.delivery.address;
    audit.action = "submission.records";
    audit.object = checked.delivery.dataset;
    audit.outcome = checked.reason ? checked.record.reason_code : "done";
    if (parts_.watch != nullptr) done = telling(*parts_.watch, checked.record, std::move(done));
    parts_.catalog.inbox().add(std::move(checked.record), std::string(to_string(checked.delivery.form)),
                               std::move(checked.delivery.body), std::move(event), std::move(audit), std::move(request),
                               std::move(answer), std::move(done));
}

Result<InboxWork::Piece> InboxWork::prepare(const InboxEntry& entry, SmallScans& scans) {
    Piece piece;
    piece.entry = &entry;
    const auto decide = [&](SubmissionState state, const std::optional<Error>& reason) {
        piece.dataset = nullptr;
        piece.outcome = outcome_of(entry.id, state, reason, {});
    };
    const auto form = small_form_from(entry.form);
    if (!form) {
        decide(SubmissionState::failed,
               Error(FailureCode::format_too_new, fmt::format("records as `{}` are not known here", entry.form)));
        return piece;
    }
    piece.form = *form;
    piece.dataset = parts_.project->dataset(entry.dataset);
    if (piece.dataset == nullptr || !takes_small(*piece.dataset)) {
        decide(SubmissionState::rejected,
               Error(FailureCode::contract_changed,
                     fmt::format("`{}` does not take records any more: the project was changed since", entry.dataset)));
        return piece;
    }
    auto read = this->read(*piece.dataset, entry.body, *form, 0);
    if (!read) {
        if (!is_fault_of_data(read.error().code)) return fail(std::move(read.error()));
        decide(SubmissionState::rejected, read.error());
        return piece;
    }
    const PolicyVerdict verdict = judge(*piece.dataset, *form, *read, entry.rejects_approved);
    if (verdict.reason) {
        decide(verdict.state, verdict.reason);
        return piece;
    }
    if (const SmallScan scan = TRY(scans.scan(entry.body)); scan.reason) {
        decide(scan.state, scan.reason);
        return piece;
    }
    piece.records = std::make_shared<const SmallRecords>(std::move(*read));
    return piece;
}

namespace {

// Applies the policy of the dataset to records whose key it holds already.
class SmallJudge final : public PublishJudge {
public:
    using Decide = std::function<PolicyVerdict(SubmissionId, const std::vector<RecordOrder>&)>;
    explicit SmallJudge(Decide decide) : decide_(std::move(decide)) {}

    Result<Verdict> conflicts(SubmissionId submission, const std::string&, FailureCode, const std::vector<std::string>&,
                              const std::vector<RecordOrder>& orders) override {
        switch (decide_(submission, orders).state) {
        case SubmissionState::held:
            return Verdict::hold;
        case SubmissionState::rejected:
            return Verdict::reject;
        default:
            return Verdict::publish_rest;
        }
    }

private:
    const Decide decide_;
};

} // namespace

// As its record is once the outcome is written down.
SubmissionRecord InboxWork::sketch_of(const Piece& piece, const InboxOutcome& outcome) {
    SubmissionRecord sketch;
    sketch.id = outcome.id;
    sketch.kind = SubmissionKind::records;
    sketch.state = outcome.state;
    sketch.reason_code = outcome.reason_code;
    sketch.target = piece.entry->dataset;
    sketch.version = outcome.version;
    sketch.raw_bytes = piece.entry->body.size();
    PartRecord& part = sketch.parts.emplace_back();
    part.dataset = piece.entry->dataset;
    part.rows = piece.entry->rows;
    part.rejected = outcome.rejected.value_or(piece.entry->rejected);
    part.accepted = part.rows - part.rejected;
    if (piece.records) {
        for (const ViolationCount& count : piece.records->counts)
            part.counts.push_back({std::string(failure_info(count.code).code), count.field, count.count});
    }
    if (!outcome.late.empty())
        part.counts.push_back({std::string(failure_info(FailureCode::primary_key).code), "", outcome.late.size()});
    return sketch;
}

void InboxWork::count_rejects(const Piece& piece, InboxOutcome& outcome) {
    outcome.late = piece.late;
    outcome.rejected = piece.records->batch.rejected_count + piece.late.size();
    outcome.errors_total = piece.records->errors_total + piece.late.size();
}

Status InboxWork::publish_pieces(std::vector<Piece*> pieces, std::vector<InboxOutcome>& outcomes) {
    if (pieces.empty()) return {};
    PublishRequest request;
    request.models = publisher_.models();
    std::map<SubmissionId, Piece*> by_id;
    for (Piece* piece : pieces) {
        piece->late.clear();
        by_id[piece->entry->id] = piece;
        PublishPart part;
        part.dataset = piece->dataset->name;
        part.effect = effect_of(piece->dataset->write);
        part.rejected = piece->records->batch.rejected_count;
        part.tokens.push_back(TRY(
            parts_.warehouse.stage(piece->entry->id, part.dataset, 0, 1, std::make_shared<SmallRows>(piece->records))));
        PublishSubmission submission;
        submission.id = piece->entry->id;
        submission.parts.push_back(std::move(part));
        submission.by = piece->entry->by;
        request.submissions.push_back(std::move(submission));
    }
    std::map<SubmissionId, Error> reasons;
    SmallJudge judge([&](SubmissionId id, const std::vector<RecordOrder>& orders) {
        Piece& piece = *by_id.at(id);
        for (const RecordOrder order : orders) piece.late.push_back(static_cast<std::uint32_t>(order.value));
        const RecordBatch& batch = piece.records->batch;
        PolicyVerdict verdict = inlet::judge(*piece.dataset, piece.form, batch.rows,
                                             batch.rejected_count + piece.late.size(), piece.entry->rejects_approved);
        if (verdict.reason) reasons.insert_or_assign(id, *verdict.reason);
        return verdict;
    });
    commit_point("pipeline.small-staged");
    auto published = parts_.warehouse.publish(request, judge);
    commit_point("pipeline.small-published");
    TRY(parts_.warehouse.discard_all()); // nothing else is published at the same time
    if (!published) {
        if (!is_fault_of_data(published.error().code)) return fail(std::move(published.error()));
        if (pieces.size() == 1) {
            outcomes.push_back(outcome_of(pieces.front()->entry->id, SubmissionState::rejected, published.error(), {}));
            return {};
        }
        // One of them is at fault for all: a model cannot be computed with it.
        const auto middle = pieces.begin() + static_cast<std::ptrdiff_t>(pieces.size() / 2);
        TRY(publish_pieces({pieces.begin(), middle}, outcomes));
        return publish_pieces({middle, pieces.end()}, outcomes);
    }
    std::vector<SubmissionId> before;
    for (const SubmissionOutcome& submission : published->submissions) {
        const Piece& piece = *by_id.at(submission.id);
        if (submission.state == SubmissionOutcome::State::published) {
            InboxOutcome outcome =
                outcome_of(submission.id, SubmissionState::published, std::nullopt, published->version);
            for (const PartOutcome& part : submission.parts) {
                outcome.inserted += part.counts.inserted;
                outcome.updated += part.counts.updated;
                outcome.unchanged += part.counts.unchanged;
            }
            count_rejects(piece, outcome);
            outcomes.push_back(std::move(outcome));
            continue;
        }
        CHECK(submission.reason.has_value());
        if (submission.reason->code == FailureCode::already_published) {
            before.push_back(submission.id);
            continue;
        }
        const bool held = submission.state == SubmissionOutcome::State::held;
        const auto reason = reasons.find(submission.id);
        InboxOutcome outcome = outcome_of(submission.id, held ? SubmissionState::held : SubmissionState::rejected,
                                          reason == reasons.end() ? *submission.reason : reason->second, {});
        count_rejects(piece, outcome);
        outcomes.push_back(std::move(outcome));
    }
    return settle_published(before, outcomes);
}

// Published before the process could write it down.
Status InboxWork::settle_published(const std::vector<SubmissionId>& ids, std::vector<InboxOutcome>& outcomes) {
    if (ids.empty()) return {};
    std::set<SubmissionId> wanted(ids.begin(), ids.end());
    for (std::size_t limit = 2 * ids.size() + 100;; limit *= 4) {
        const std::vector<VersionEntry> lines = TRY(parts_.warehouse.versions("", limit));
        for (const VersionEntry& line : lines) {
            if (line.kind == "model" || wanted.erase(line.submission) == 0) continue;
            InboxOutcome outcome = outcome_of(line.submission, SubmissionState::published, std::nullopt, line.number);
            outcome.inserted = line.counts.inserted;
            outcome.updated = line.counts.updated;
            outcomes.push_back(std::move(outcome));
        }
        if (wanted.empty() || lines.size() < limit) return {};
    }
}

Result<std::vector<SubmissionId>> InboxWork::publish(const InboxFilter& which) {
    const auto begun = std::chrono::steady_clock::now();
    const std::vector<InboxEntry> entries = TRY(parts_.catalog.inbox().waiting(which, kBatchRecords, kBatchBytes));
    SmallScans scans(parts_);
    std::vector<Piece> pieces;
    pieces.reserve(entries.size());
    for (const InboxEntry& entry : entries) pieces.push_back(TRY(prepare(entry, scans)));
    std::vector<InboxOutcome> outcomes;
    std::vector<Piece*> ready;
    for (Piece& piece : pieces) {
        if (piece.dataset == nullptr) {
            outcomes.push_back(std::move(piece.outcome));
        } else {
            ready.push_back(&piece);
        }
    }
    // Of one dataset together: those of different ones do not depend on each other.
    std::ranges::stable_sort(ready, {}, [](const Piece* piece) { return std::string_view(piece->dataset->name); });
    TRY(publish_pieces(std::move(ready), outcomes));
    std::vector<SubmissionId> ids;
    for (const InboxOutcome& outcome : outcomes) ids.push_back(outcome.id);
    std::vector<SubmissionRecord> told;
    if (parts_.watch != nullptr) {
        std::map<SubmissionId, const Piece*> by_id;
        for (const Piece& piece : pieces) by_id.emplace(piece.entry->id, &piece);
        for (const InboxOutcome& outcome : outcomes) told.push_back(sketch_of(*by_id.at(outcome.id), outcome));
    }
    for (std::size_t begin = 0; begin < outcomes.size(); begin += kSettledTogether) {
        const auto first = outcomes.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto last =
            outcomes.begin() + static_cast<std::ptrdiff_t>(std::min(outcomes.size(), begin + kSettledTogether));
        TRY(parts_.catalog.inbox().settle({std::move_iterator(first), std::move_iterator(last)}));
        commit_point("pipeline.small-settled");
    }
    for (const SubmissionRecord& sketch : told) parts_.watch->step(sketch, to_string(sketch.state));
    if (parts_.watch != nullptr && !ids.empty())
        parts_.watch->batch(ids.size(), std::chrono::steady_clock::now() - begun);
    return ids;
}

Result<std::string> InboxWork::raw(const SubmissionRecord& record) {
    auto body = TRY(parts_.catalog.inbox().body(record.id));
    if (body) return std::move(body->body);
    return fail(
        FailureCode::retention_expired,
        fmt::format("the records of submission {} were kept as long as they should be, and are gone", record.id.value));
}

// With those that the dataset held already.
Result<SmallRecords> InboxWork::read_again(const SubmissionRecord& record, std::string& body, SmallForm& form) {
    const Dataset* dataset = parts_.project->dataset(record.target);
    if (dataset == nullptr)
        return fail(FailureCode::unknown_dataset, fmt::format("there is no dataset `{}`", record.target));
    auto kept = TRY(parts_.catalog.inbox().body(record.id));
    if (!kept) {
        return fail(FailureCode::retention_expired,
                    fmt::format("the records of submission {} were kept as long as they should be, and are gone",
                                record.id.value));
    }
    form = small_form_from(kept->form).value_or(SmallForm::json);
    body = std::move(kept->body);
    SmallRecords records = TRY(read(*dataset, body, form, SIZE_MAX));
    for (const std::uint32_t late : kept->late) {
        SmallViolation& one = records.violations.emplace_back();
        one.violation.code = FailureCode::primary_key;
        one.violation.row = late + 1;
        one.violation.message = "the dataset holds a record with the same primary key";
    }
    std::ranges::stable_sort(records.violations, {}, [](const SmallViolation& one) { return one.violation.row; });
    return records;
}

Result<std::string> InboxWork::errors(const SubmissionRecord& record) {
    std::string body;
    SmallForm form{};
    const SmallRecords records = TRY(read_again(record, body, form));
    std::string lines;
    for (const SmallViolation& one : records.violations) lines += violation_json(one.violation) + "\n";
    return lines;
}

Result<std::string> InboxWork::rejects(const SubmissionRecord& record) {
    std::string body;
    SmallForm form{};
    const SmallRecords records = TRY(read_again(record, body, form));
    std::string lines = "_row,_code,_field,_message,_record\n";
    std::uint64_t last = 0;
    for (const SmallViolation& one : records.violations) {
        const Violation& violation = one.violation;
        if (violation.row == 0 || violation.row == last) continue;
        last = violation.row;
        lines += fmt::format("{},{}", violation.row, failure_info(violation.code).code);
        for (const std::string& text : {violation.field, violation.message, violation.record}) {
            lines += ',';
            append_csv_cell(lines, text, {});
        }
        lines += '\n';
    }
    return last == 0 ? "" : lines;
}

} // namespace inlet
