#include "pipeline/submission_work.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/commit_point.hpp"
#include "pipeline/byte_origins.hpp"
#include "pipeline/file_part.hpp"
#include "pipeline/kept_object.hpp"

namespace inlet {

namespace {

std::optional<std::string> context_of(const Error& error, std::string_view name) {
    const auto found = std::ranges::find(error.context, name, [](const auto& item) { return item.first; });
    return found == error.context.end() ? std::nullopt : std::optional(found->second);
}

// Of a package, every part that does not pass is named.
Error whole_rejected(const std::vector<std::pair<std::string, Error>>& failed, std::size_t parts) {
    if (parts == 1) return failed.front().second;
    std::string text;
    for (const auto& [name, error] : failed) {
        text += fmt::format("{}`{}`: {} ({})", text.empty() ? "" : "; ", name, error.message,
                            failure_info(error.code).code);
    }
    return {FailureCode::part_failed, std::move(text)};
}

Error interrupted(const SubmissionRecord& record) {
    const std::string_view what =
        record.kind == SubmissionKind::undo ? "the undo was carried out" : "all its bytes had arrived";
    return {FailureCode::interrupted, fmt::format("the program was stopped before {}", what)};
}

} // namespace

void add_counts(PartRecord& part, const PartOutcome& outcome) {
    part.inserted = outcome.counts.inserted;
    part.updated = outcome.counts.updated;
    part.deleted = outcome.counts.deleted;
    part.unchanged = outcome.counts.unchanged;
    part.held_deletes = outcome.held_deletes;
    part.skipped_deletes = outcome.skipped_deletes;
}

std::uint64_t superseded_records(const PartRecord& part, const Dataset& dataset) {
    if (dataset.write != WriteMode::upsert) return 0;
    const std::uint64_t keys = part.inserted + part.updated + part.unchanged;
    return part.accepted > keys ? part.accepted - keys : 0;
}

PartsVerdict judge_parts(const std::vector<CheckedPart>& parts, bool rejects_approved) {
    std::vector<std::pair<std::string, Error>> failed;
    std::optional<Error> held;
    for (const CheckedPart& part : parts) {
        if (auto failure = failure_of(part)) {
            failed.emplace_back(part.sent.name, std::move(*failure));
            continue;
        }
        const RejectPolicy& policy = part.sent.dataset->rejects;
        const RejectVerdict verdict = judge_rejects(policy, part.report.rows, part.report.rejected, rejects_approved);
        if (verdict == RejectVerdict::pass) continue;
        Error reason = too_many_rejects(policy, part.sent.name, part.report.rows, part.report.rejected);
        if (verdict == RejectVerdict::reject) {
            failed.emplace_back(part.sent.name, std::move(reason));
        } else if (!held) {
            held = std::move(reason);
        }
    }
    if (!failed.empty()) return {RejectVerdict::reject, whole_rejected(failed, parts.size())};
    if (held) return {RejectVerdict::hold, std::move(held)};
    return {};
}

std::map<std::string, std::uint64_t> asked_deletes(const Error& reason) {
    const auto dataset = context_of(reason, "dataset");
    const auto deletes = context_of(reason, "deletes");
    if (!dataset || !deletes) return {};
    std::uint64_t rows = 0;
    const auto [end, error] = std::from_chars(deletes->data(), deletes->data() + deletes->size(), rows);
    CHECK(error == std::errc() && end == deletes->data() + deletes->size());
    return {{*dataset, rows}};
}

Result<SubmissionRecord> SubmissionWork::run(SubmissionRecord record) {
    const SubmissionId id = record.id;
    if (record.kind == SubmissionKind::undo) {
        auto outcome = undos_.carry_out(record);
        if (!outcome && record.state != SubmissionState::rejected) return give_up(id, outcome.error(), {});
        return parts_.catalog.get(id);
    }
    if (Status done = erasures_.carry_out(record); !done) return give_up(id, done.error(), {});
    (void)parts_.warehouse.discard(id);
    return parts_.catalog.get(id);
}

Result<std::optional<Prepared>> SubmissionWork::prepare(SubmissionRecord record, const Attempt& attempt) {
    const SubmissionId id = record.id;
    record.lease = attempt.job.lease;
    Prepared prepared{std::move(record), {}, &*parts_.project};
    const auto passed = judge(prepared, attempt);
    if (!passed) {
        TRY(give_up(id, passed.error(), attempt));
        return std::nullopt;
    }
    if (!*passed) return std::nullopt;
    return prepared;
}

Result<SubmissionRecord> SubmissionWork::publish(Prepared prepared, const Attempt& attempt) {
    const SubmissionId id = prepared.record.id;
    const Status going_on = attempt.stop ? attempt.stop->check() : Status();
    Status done = going_on ? publish(prepared.record, prepared.parts) : fail(going_on.error());
    if (!done) return give_up(id, done.error(), attempt);
    // Whatever is left of it is never seen, and goes at the next start at the latest.
    (void)parts_.warehouse.discard(id);
    return parts_.catalog.get(id);
}

Result<Pipeline::Undone> SubmissionWork::run_undo(SubmissionRecord record) {
    const SubmissionId id = record.id;
    auto outcome = undos_.carry_out(record);
    if (outcome) return Pipeline::Undone{TRY(parts_.catalog.get(id)), std::move(*outcome)};
    if (record.state == SubmissionState::rejected) return fail(std::move(outcome.error()));
    record = TRY(give_up(id, outcome.error(), {}));
    if (record.state != SubmissionState::published) return fail(std::move(outcome.error()));
    UndoOutcome found{.version = record.version, .undone = record.undoes};
    for (const PartRecord& part : record.parts) {
        found.parts.push_back({.dataset = part.dataset, .counts = {part.inserted, part.updated, part.deleted, 0}});
    }
    return Pipeline::Undone{std::move(record), std::move(found)};
}

// Whether it may be published.
Result<bool> SubmissionWork::judge(Prepared& prepared, const Attempt& attempt) {
    SubmissionRecord& record = prepared.record;
    const auto ends = [&](SubmissionState state, const Error& reason) -> Result<bool> {
        TRY(log_.move(record, state, reason));
        return false;
    };
    ++record.attempts;
    TRY(log_.move(record, SubmissionState::checking));
    const auto go_on = [&] { return attempt.stop ? attempt.stop->check() : Status(); };
    TRY(go_on());
    if (!TRY(scans_.run(record, go_on))) return false;
    auto checked = check(record, attempt);
    if (!checked) {
        if (!is_fault_of_data(checked.error().code)) return fail(std::move(checked.error()));
        return ends(SubmissionState::rejected, checked.error());
    }
    prepared.parts = std::move(*checked);
    if (record.kind == SubmissionKind::delivery) {
        record.parts.clear();
        for (const CheckedPart& part : prepared.parts) record.parts.push_back(part_record(part));
    }
    commit_point("pipeline.checked");
    // Rejects were judged when the snapshot was published; its deletions only need to know which keys it has.
    const bool judged = record.kind == SubmissionKind::held_deletes;
    if (judged && !failure_of(prepared.parts.front())) return true;
    const PartsVerdict verdict = judge_parts(prepared.parts, record.rejects_approved);
    if (verdict.verdict == RejectVerdict::reject) return ends(SubmissionState::rejected, *verdict.reason);
    if (verdict.verdict == RejectVerdict::hold) return ends(SubmissionState::held, *verdict.reason);
    return true;
}

Status SubmissionWork::verify_kept(const SubmissionRecord& record) const {
    if (record.kind == SubmissionKind::undo || record.kind == SubmissionKind::purge) return {};
    if (record.file && record.file->removed) return {};
    TRY(open_kept(parts_.objects, record, {record.target, record.raw_sha256}));
    memory_.note_whole(record.id);
    return {};
}

Result<std::vector<SentPart>> SubmissionWork::unpack_kept(const SubmissionRecord& record) const {
    const Target target = TRY(find_target(*parts_.project, record.target, record.target_is_package));
    const ObjectId id{record.target, record.raw_sha256};
    const bool of_files = target.dataset != nullptr && target.dataset->kind == DatasetKind::files;
    if (record.file || of_files) {
        if (target.dataset == nullptr)
            return fail(FailureCode::contract_changed, fmt::format("`{}` is a package now", record.target));
        std::vector<SentPart> parts;
        parts.push_back(TRY(file_part(*target.dataset, record)));
        if (!record.file->removed && !memory_.take_whole(record.id)) TRY(open_kept(parts_.objects, record, id));
        return parts;
    }
    std::shared_ptr<const ObjectReader> raw =
        memory_.take_whole(record.id) ? TRY(parts_.objects.open(id)) : TRY(open_kept(parts_.objects, record, id));
    return unpack(*parts_.project, target, record.file_name, std::move(raw), parts_.archive_limits);
}

Result<std::vector<SentPart>> SubmissionWork::unpack_held_deletes(const SubmissionRecord& record) const {
    CHECK(record.parts.size() == 1);
    const PartRecord& wanted = record.parts.front();
    std::vector<SentPart> parts = TRY(unpack_kept(record));
    std::erase_if(
        parts, [&](const SentPart& part) { return part.name != wanted.name || part.dataset->name != wanted.dataset; });
    if (parts.size() == 1) return parts;
    return fail(
        FailureCode::contract_changed,
        fmt::format("`{}` no longer goes to dataset `{}`: the project was changed since", wanted.name, wanted.dataset));
}

Result<std::vector<CheckedPart>> SubmissionWork::check(const SubmissionRecord& record, const Attempt& attempt) {
    std::vector<CheckedPart> checked;
    const auto stoppable = [&](std::shared_ptr<const ByteOrigin> origin) -> std::shared_ptr<const ByteOrigin> {
        if (!attempt.stop) return origin;
        return std::make_shared<StoppableOrigin>(std::move(origin), [stop = attempt.stop] { return stop->check(); });
    };
    auto known = memory_.take(record.id);
    // Checked by a contract that stands no more.
    if (known && known->sent.dataset != parts_.project->dataset(record.target)) known.reset();
    if (known) {
        (void)memory_.take_whole(record.id);
        known->sent.origin = stoppable(std::move(known->sent.origin));
        checked.push_back(std::move(*known));
        return checked;
    }
    const bool is_delivery = record.kind == SubmissionKind::delivery;
    std::vector<SentPart> sent = TRY(is_delivery ? unpack_kept(record) : unpack_held_deletes(record));
    std::uint64_t bytes = 0;
    for (const SentPart& part : sent) bytes += part.bytes;
    progress_.enter(record.id, SubmissionState::checking, bytes);
    for (SentPart& part : sent) {
        part.origin = stoppable(std::move(part.origin));
        const MeteredOrigin metered(part.origin, [&](std::uint64_t count) { progress_.add(record.id, count); });
        const std::unique_ptr<ByteSource> first = TRY(metered.open());
        checked.push_back(TRY(checker_.check(std::move(part), first.get(), is_delivery)));
    }
    return checked;
}

Result<std::optional<Error>> SubmissionWork::superseded(const SubmissionRecord& record) const {
    CHECK(record.kind == SubmissionKind::held_deletes);
    const Version since = TRY(parts_.catalog.get(record.parent)).version;
    const std::string& dataset = record.parts.front().dataset;
    for (std::size_t limit = 64;; limit *= 4) {
        const std::vector<VersionEntry> newest = TRY(parts_.warehouse.versions(dataset, limit));
        for (const VersionEntry& entry : newest) {
            if (entry.number <= since) return std::nullopt;
            const bool is_snapshot = entry.kind == "sync" || entry.kind == "replace";
            if (!is_snapshot || TRY(parts_.warehouse.undone(entry.submission))) continue;
            return Error(FailureCode::superseded_by_snapshot,
                         fmt::format("submission {} was published since, and says anew what the dataset holds; these "
                                     "deletions are of an older snapshot",
                                     entry.submission.value));
        }
        if (newest.size() < limit) return std::nullopt;
    }
}

Status SubmissionWork::publish(SubmissionRecord& record, std::vector<CheckedPart>& parts) {
    const auto refresh = [&] {
        if (record.kind == SubmissionKind::held_deletes) return;
        for (std::size_t i = 0; i < parts.size(); ++i) record.parts[i] = part_record(parts[i]);
    };
    Publication publication;
    publication.id = record.id;
    publication.attempt = record.attempts;
    publication.by = record.by;
    publication.approved_deletes = record.delete_approvals;
    publication.rejects_approved = record.rejects_approved;
    publication.removes = record.file && record.file->removed;
    if (record.kind == SubmissionKind::held_deletes) {
        publication.delete_before = TRY(parts_.catalog.get(record.parent)).version;
        if (const auto reason = TRY(superseded(record))) return log_.move(record, SubmissionState::rejected, *reason);
    }
    publication.staged = [&]() -> Status {
        commit_point("pipeline.staged");
        TRY(log_.move(record, SubmissionState::publishing));
        commit_point("pipeline.before-publish");
        return {};
    };
    // After a crash only the catalog knows which records were left out.
    publication.before_rest = [&] {
        refresh();
        return log_.note(record, "late-rejects");
    };
    auto outcome = publisher_.publish(publication, parts);
    commit_point("pipeline.published");
    if (!outcome) {
        if (!is_fault_of_data(outcome.error().code)) return fail(std::move(outcome.error()));
        return log_.move(record, SubmissionState::rejected, outcome.error());
    }
    refresh();
    if (outcome->submission.state != SubmissionOutcome::State::published) return refused(record, outcome->submission);
    return published(record, parts, *outcome);
}

Status SubmissionWork::published(SubmissionRecord& record, const std::vector<CheckedPart>& parts,
                                 const PublicationOutcome& outcome) {
    record.version = outcome.version;
    record.asked_deletes.clear();
    const std::vector<PartOutcome>& outcomes = outcome.submission.parts;
    CHECK(outcomes.size() == record.parts.size());
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        add_counts(record.parts[i], outcomes[i]);
        if (record.kind == SubmissionKind::delivery)
            record.parts[i].superseded = superseded_records(record.parts[i], *parts[i].sent.dataset);
        TRY(hold_deletes(record, record.parts[i], outcomes[i].held_deletes));
    }
    commit_point("pipeline.deletes-held");
    TRY(log_.move(record, SubmissionState::published));
    commit_point("pipeline.finished");
    return {};
}

Status SubmissionWork::refused(SubmissionRecord& record, const SubmissionOutcome& outcome) {
    CHECK(outcome.reason.has_value());
    Error reason = *outcome.reason;
    if (outcome.state == SubmissionOutcome::State::held) {
        record.asked_deletes = asked_deletes(reason);
        return log_.move(record, SubmissionState::held, reason);
    }
    if (reason.code == FailureCode::already_published) return settle(record);
    if (reason.code == FailureCode::too_many_rejects && record.parts.size() > 1) {
        reason = Error(FailureCode::part_failed, std::move(reason.message));
    }
    return log_.move(record, SubmissionState::rejected, reason);
}

Status SubmissionWork::hold_deletes(const SubmissionRecord& parent, const PartRecord& part, std::uint64_t rows) {
    if (rows == 0) return {};
    for (const SubmissionRecord& record : TRY(parts_.catalog.unfinished())) {
        if (record.kind != SubmissionKind::held_deletes || record.parent != parent.id) continue;
        if (record.parts.front().name == part.name && record.parts.front().dataset == part.dataset) return {};
    }
    SubmissionRecord child;
    child.kind = SubmissionKind::held_deletes;
    child.state = SubmissionState::held;
    child.reason_code = failure_info(FailureCode::deletes_over_limit).code;
    child.reason =
        fmt::format("{} rows of `{}` are missing from `{}` (submission {}), more than may be deleted unasked", rows,
                    part.dataset, part.name, parent.id.value);
    child.target = parent.target;
    child.target_is_package = parent.target_is_package;
    child.file_name = parent.file_name;
    child.raw_sha256 = parent.raw_sha256; // a reference of its own: the snapshot is needed as long as they wait
    child.raw_bytes = parent.raw_bytes;
    child.received_at = parts_.clock.now();
    child.by = parent.by;
    child.sender = parent.sender;
    child.parent = parent.id;
    child.asked_deletes[part.dataset] = rows;
    PartRecord about;
    about.name = part.name;
    about.dataset = part.dataset;
    about.held_deletes = rows;
    child.parts.push_back(std::move(about));
    return log_.create(child);
}

Status SubmissionWork::settle(SubmissionRecord record) {
    const bool is_undo = record.kind == SubmissionKind::undo;
    switch (record.state) {
    case SubmissionState::receiving:
    case SubmissionState::settling:
        return log_.move(record, SubmissionState::failed, interrupted(record));
    case SubmissionState::queued:
        // Nobody was told that it will happen, and by now it may not be wanted.
        if (is_undo) return log_.move(record, SubmissionState::failed, interrupted(record));
        return {};
    case SubmissionState::checking:
        return log_.move(record, SubmissionState::queued);
    case SubmissionState::publishing:
        // Each of its steps can be taken again, and the last of them may be missing.
        if (record.kind == SubmissionKind::erasure || record.kind == SubmissionKind::purge)
            return log_.move(record, SubmissionState::queued);
        if (const auto version = TRY(parts_.warehouse.published(record.id, ""))) {
            record.version = *version;
            return settle_published(record);
        }
        if (is_undo) return log_.move(record, SubmissionState::failed, interrupted(record));
        return log_.move(record, SubmissionState::queued);
    default:
        return {};
    }
}

// What publish() would have told, asked anew. `unchanged`, `superseded` and `skipped_deletes` are not kept by the
// warehouse.
Status SubmissionWork::settle_published(SubmissionRecord& record) {
    if (record.kind == SubmissionKind::undo) return undos_.settle_published(record, record.version);
    std::vector<VersionEntry> lines = TRY(find_lines(parts_.warehouse, record.id, record.version));
    for (std::size_t i = 0; i < record.parts.size(); ++i) {
        PartRecord& part = record.parts[i];
        const auto line = std::ranges::find(lines, part.dataset, &VersionEntry::dataset);
        PartOutcome outcome;
        if (line != lines.end()) {
            outcome.counts = line->counts;
            lines.erase(line); // of several parts for a dataset, the first gets the counts of all
        }
        if (record.kind == SubmissionKind::delivery) outcome.held_deletes = TRY(deletes_left(record, i));
        add_counts(part, outcome);
        TRY(hold_deletes(record, part, outcome.held_deletes));
    }
    record.asked_deletes.clear();
    return log_.move(record, SubmissionState::published);
}

Result<std::uint64_t> SubmissionWork::deletes_left(const SubmissionRecord& record, std::size_t index) {
    const PartRecord& part = record.parts[index];
    const Dataset* dataset = parts_.project->dataset(part.dataset);
    if (dataset == nullptr || dataset->write != WriteMode::sync) return 0;
    const DeletePolicy& policy = dataset->deletes;
    if (policy.policy != DeletePolicy::Policy::missing || policy.over_limit != DeletePolicy::OverLimit::hold) return 0;
    if (part.rejected > 0 && policy.on_rejects == DeletePolicy::OnRejects::delete_nothing) return 0;
    SubmissionRecord about = record;
    about.parts = {part};
    auto sent = unpack_held_deletes(about);
    if (!sent) {
        const FailureCode code = sent.error().code;
        const bool is_gone = code == FailureCode::object_missing || code == FailureCode::object_corrupt ||
                             failure_info(code).kind != FailureKind::system;
        if (is_gone) return 0; // nothing left to compare with
        return fail(std::move(sent.error()));
    }
    std::vector<CheckedPart> checked;
    checked.push_back(TRY(checker_.check(std::move(sent->front()), nullptr, false)));
    const CheckReport& report = checked.front().report;
    if (failure_of(checked.front()) || (report.rejected > 0 && !report.rejected_keys_readable)) return 0;
    Publication publication;
    publication.id = kRehearsalId;
    publication.by = record.by;
    publication.delete_before = record.version;
    publication.dry_run = true;
    auto outcome = publisher_.publish(publication, checked);
    TRY(parts_.warehouse.discard(kRehearsalId));
    if (!outcome) return fail(std::move(outcome.error()));
    if (outcome->submission.state != SubmissionOutcome::State::held) return 0;
    const auto asked = asked_deletes(*outcome->submission.reason);
    const auto rows = asked.find(part.dataset);
    return rows == asked.end() ? 0 : rows->second;
}

// The step that failed may have been written down all the same.
Result<SubmissionRecord> SubmissionWork::give_up(SubmissionId id, const Error& error, const Attempt& attempt) {
    (void)parts_.warehouse.discard(id);
    SubmissionRecord record = TRY(parts_.catalog.get(id));
    if (is_end(record.state) || record.state == SubmissionState::held) return record;
    if (error.code == FailureCode::lease_lost) return fail(error); // whoever has it now goes on
    record.lease = attempt.job.lease;
    const bool removes = record.kind == SubmissionKind::erasure || record.kind == SubmissionKind::purge;
    if (record.state == SubmissionState::publishing && !removes) {
        if (const auto version = TRY(parts_.warehouse.published(id, ""))) {
            record.version = *version;
            TRY(settle_published(record));
            return parts_.catalog.get(id);
        }
    }
    SubmissionState next = SubmissionState::failed;
    if (error.code == FailureCode::cancelled)
        next = SubmissionState::cancelled;
    else if (may_pass(error.code) && attempt.job.put_off && TRY(attempt.job.put_off(error)))
        next = SubmissionState::queued;
    TRY(log_.move(record, next, error));
    return parts_.catalog.get(id);
}

} // namespace inlet
