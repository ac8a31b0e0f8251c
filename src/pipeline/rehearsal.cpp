#include "pipeline/rehearsal.hpp"

#include <fmt/format.h>

#include "pipeline/byte_origins.hpp"
#include "pipeline/unpack.hpp"

namespace inlet {

namespace {

void end(Pipeline::DryRun& run, SubmissionState state, Error reason) {
    run.record.state = state;
    run.record.reason_code = failure_info(reason.code).code;
    run.record.reason = reason.message;
    run.reason = std::move(reason);
}

} // namespace

Result<Pipeline::DryRun> Rehearsal::of_file(const Delivery& delivery, const std::string& path,
                                            std::size_t sample_rows) const {
    const Target target = TRY(find_target(*parts_.project, delivery.target, delivery.target_is_package));
    if (target.dataset != nullptr && target.dataset->kind == DatasetKind::files) {
        return fail(FailureCode::not_supported,
                    fmt::format("`{}` holds files of any kind, which are not checked", target.name()));
    }
    std::shared_ptr<const ObjectReader> raw = TRY(open_file_as_object(parts_.disk, path));
    Pipeline::DryRun run;
    run.record.target = delivery.target;
    run.record.target_is_package = delivery.target_is_package;
    run.record.file_name = delivery.file_name;
    run.record.by = delivery.by;
    run.record.raw_bytes = raw->size();
    auto sent = unpack(*parts_.project, target, delivery.file_name, std::move(raw), parts_.archive_limits);
    return rehearse(std::move(run), std::move(sent), sample_rows);
}

Result<Pipeline::DryRun> Rehearsal::of_held(SubmissionRecord record, std::size_t sample_rows) const {
    if (record.state != SubmissionState::held) {
        return fail(FailureCode::not_held,
                    fmt::format("submission {} is {}, not held", record.id.value, to_string(record.state)));
    }
    auto sent =
        record.kind == SubmissionKind::held_deletes ? work_.unpack_held_deletes(record) : work_.unpack_kept(record);
    record.rejects_approved = true;
    for (const auto& [dataset, rows] : record.asked_deletes) record.delete_approvals[dataset] = rows;
    record.asked_deletes.clear();
    record.reason_code.clear();
    record.reason.clear();
    Pipeline::DryRun run;
    run.record = std::move(record);
    if (run.record.kind == SubmissionKind::held_deletes) {
        if (auto reason = TRY(work_.superseded(run.record))) {
            end(run, SubmissionState::rejected, std::move(*reason));
            return run;
        }
    }
    return rehearse(std::move(run), std::move(sent), sample_rows);
}

Result<Pipeline::DryRun> Rehearsal::rehearse(Pipeline::DryRun run, Result<std::vector<SentPart>> sent,
                                             std::size_t sample_rows) const {
    if (!sent) {
        if (!is_fault_of_data(sent.error().code)) return fail(std::move(sent.error()));
        end(run, SubmissionState::rejected, std::move(sent.error()));
        return run;
    }
    std::vector<CheckedPart> checked;
    for (SentPart& part : *sent) checked.push_back(TRY(checker_.check(std::move(part), nullptr, false)));
    const PartsVerdict verdict = judge_parts(checked, run.record.rejects_approved);
    if (verdict.verdict == RejectVerdict::pass) {
        run.record.state = SubmissionState::published;
    } else {
        const bool is_held = verdict.verdict == RejectVerdict::hold;
        end(run, is_held ? SubmissionState::held : SubmissionState::rejected, *verdict.reason);
    }
    Status rehearsed;
    if (verdict.verdict != RejectVerdict::reject) {
        rehearsed = publish(run, checked, sample_rows);
        TRY(parts_.warehouse.discard(kRehearsalId));
    }
    if (!rehearsed) return fail(std::move(rehearsed.error()));
    run.record.parts.clear();
    for (std::size_t i = 0; i < checked.size(); ++i) {
        run.record.parts.push_back(part_record(checked[i]));
        if (i < run.outcomes.size()) {
            PartRecord& part = run.record.parts.back();
            add_counts(part, run.outcomes[i]);
            if (run.record.kind == SubmissionKind::delivery)
                part.superseded = superseded_records(part, *checked[i].sent.dataset);
        }
        run.reports.push_back(std::move(checked[i].report));
        run.reports.back().late.reset(); // it may lie in the part's spill folder, which goes now
    }
    return run;
}

// What is held is gone through as if it were approved, so that there is something to look at.
Status Rehearsal::publish(Pipeline::DryRun& run, std::vector<CheckedPart>& checked, std::size_t sample_rows) const {
    Publication publication;
    publication.id = kRehearsalId;
    publication.by = run.record.by;
    publication.approved_deletes = run.record.delete_approvals;
    publication.rejects_approved = true;
    publication.dry_run = true;
    publication.sample_rows = sample_rows;
    if (run.record.kind == SubmissionKind::held_deletes) {
        publication.delete_before = TRY(parts_.catalog.get(run.record.parent)).version;
    }
    for (;;) {
        auto outcome = publisher_.publish(publication, checked);
        if (!outcome) {
            if (!is_fault_of_data(outcome.error().code)) return fail(std::move(outcome.error()));
            end(run, SubmissionState::rejected, std::move(outcome.error()));
            return {};
        }
        SubmissionOutcome& submission = outcome->submission;
        switch (submission.state) {
        case SubmissionOutcome::State::published:
            run.outcomes = std::move(submission.parts);
            run.models = std::move(outcome->models);
            return {};
        case SubmissionOutcome::State::rejected:
            end(run, SubmissionState::rejected, std::move(*submission.reason));
            return {};
        case SubmissionOutcome::State::held: {
            auto asked = asked_deletes(*submission.reason);
            run.record.asked_deletes = asked;
            end(run, SubmissionState::held, std::move(*submission.reason));
            bool changed = false;
            for (const auto& [dataset, rows] : asked) {
                const auto approved = publication.approved_deletes.find(dataset);
                changed = changed || approved == publication.approved_deletes.end() || approved->second != rows;
                publication.approved_deletes[dataset] = rows;
            }
            if (!changed) return {}; // nothing that an approval would help
            ++publication.attempt;
        }
        }
    }
}

} // namespace inlet
