#include "pipeline/undo_work.hpp"

#include <set>

#include <fmt/format.h>

#include "base/commit_point.hpp"

namespace inlet {

namespace {

// Whether the warehouse said no, as opposed to having failed.
bool is_refusal(FailureCode code) { return failure_info(code).kind != FailureKind::system; }

PartRecord part_of_undo(const std::string& dataset, const ChangeCounts& counts) {
    PartRecord part;
    part.dataset = dataset;
    part.inserted = counts.inserted;
    part.updated = counts.updated;
    part.deleted = counts.deleted;
    return part;
}

} // namespace

Result<UndoOutcome> UndoWork::rehearse(const std::vector<SubmissionId>& targets, bool cascade,
                                       const std::string& by) const {
    UndoRequest request;
    request.targets = targets;
    request.cascade = cascade;
    request.models = publisher_.models();
    request.by = by;
    request.dry_run = true;
    return warehouse_.undo(request);
}

Result<UndoOutcome> UndoWork::carry_out(SubmissionRecord& record) const {
    ++record.attempts;
    TRY(log_.move(record, SubmissionState::publishing));
    commit_point("pipeline.before-undo");
    UndoRequest request;
    request.id = record.id;
    request.targets = record.undoes;
    request.cascade = record.cascade;
    request.models = publisher_.models();
    request.by = record.by;
    auto outcome = warehouse_.undo(request);
    commit_point("pipeline.undo-published");
    if (!outcome) {
        if (is_refusal(outcome.error().code)) {
            TRY(log_.move(record, SubmissionState::rejected, outcome.error()));
        }
        return outcome;
    }
    TRY(finish(record, *outcome));
    return outcome;
}

Status UndoWork::settle_published(SubmissionRecord& record, Version version) const {
    UndoOutcome outcome;
    outcome.version = version;
    outcome.undone = record.undoes;
    for (const VersionEntry& line : TRY(find_lines(warehouse_, record.id, version))) {
        outcome.undone = line.undoes;
        outcome.parts.push_back({.dataset = line.dataset, .counts = line.counts});
    }
    return finish(record, outcome);
}

// The undo itself comes last: as long as it is not at its end, what is missing here is done again.
Status UndoWork::finish(SubmissionRecord& record, const UndoOutcome& outcome) const {
    record.version = outcome.version;
    record.undoes = outcome.undone;
    record.parts.clear();
    for (const PartOutcome& part : outcome.parts) record.parts.push_back(part_of_undo(part.dataset, part.counts));
    TRY(follow_warehouse(outcome.undone));
    commit_point("pipeline.undo-marked");
    TRY(log_.move(record, SubmissionState::published));
    commit_point("pipeline.finished");
    return {};
}

// Undoing an undo brings back what that had undone, and so on.
Status UndoWork::follow_warehouse(const std::vector<SubmissionId>& undone) const {
    std::set<SubmissionId> seen(undone.begin(), undone.end());
    std::vector<SubmissionId> left(undone.begin(), undone.end());
    while (!left.empty()) {
        const SubmissionId id = left.back();
        left.pop_back();
        auto found = catalog_.get(id);
        if (!found && found.error().code == FailureCode::unknown_submission) continue; // of before the catalog was lost
        SubmissionRecord record = TRY(std::move(found));
        for (const SubmissionId target : record.undoes) {
            if (seen.insert(target).second) left.push_back(target);
        }
        const bool is_undone = TRY(warehouse_.undone(id));
        if (record.state == SubmissionState::published && is_undone) {
            TRY(cancel_held_deletes(record));
            TRY(log_.move(record, SubmissionState::undone));
        } else if (record.state == SubmissionState::undone && !is_undone) {
            TRY(log_.move(record, SubmissionState::published));
        }
    }
    return {};
}

// What a snapshot would have deleted means nothing once the snapshot is gone.
Status UndoWork::cancel_held_deletes(const SubmissionRecord& undone) const {
    for (SubmissionRecord& record : TRY(catalog_.unfinished())) {
        if (record.kind != SubmissionKind::held_deletes || record.parent != undone.id) continue;
        TRY(log_.move(record, SubmissionState::cancelled,
                      Error(FailureCode::cancelled, fmt::format("submission {} was undone", undone.id.value))));
    }
    return {};
}

Result<std::vector<VersionEntry>> find_lines(Warehouse& warehouse, SubmissionId submission, Version version) {
    std::vector<VersionEntry> lines;
    for (std::size_t limit = 64;; limit *= 4) {
        const std::vector<VersionEntry> newest = TRY(warehouse.versions("", limit));
        lines.clear();
        for (const VersionEntry& line : newest) {
            if (line.number == version && line.submission == submission) lines.push_back(line);
        }
        // All lines of a version stand together: past it, none is missing.
        if (newest.size() < limit || newest.back().number < version) return lines;
    }
}

} // namespace inlet
