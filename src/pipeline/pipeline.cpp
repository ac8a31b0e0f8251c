// The steps put together, and the order in which they may happen.
#include "pipeline/pipeline.hpp"

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <tuple>

#include <fmt/format.h>

#include "pipeline/backup_work.hpp"
#include "pipeline/byte_origins.hpp"
#include "pipeline/check_memory.hpp"
#include "pipeline/erase_work.hpp"
#include "pipeline/fresh_objects.hpp"
#include "pipeline/inbox_work.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/job_choice.hpp"
#include "pipeline/kept_object.hpp"
#include "pipeline/part_checker.hpp"
#include "pipeline/progress_meter.hpp"
#include "pipeline/publish_turns.hpp"
#include "pipeline/publisher.hpp"
#include "pipeline/rehearsal.hpp"
#include "pipeline/retention.hpp"
#include "pipeline/running.hpp"
#include "pipeline/scan_step.hpp"
#include "pipeline/store_match.hpp"
#include "pipeline/submission_log.hpp"
#include "pipeline/submission_work.hpp"
#include "pipeline/undo_work.hpp"
#include "pipeline/verify_work.hpp"

namespace inlet {

namespace {

Error wrong_state(const SubmissionRecord& record, std::string_view allowed) {
    return {FailureCode::wrong_state, fmt::format("submission {} is {}; this can be done while it is {}",
                                                  record.id.value, to_string(record.state), allowed)};
}

// Whether it waits to be worked off, or was left half way by a failure in this process.
bool is_waiting(const SubmissionRecord& record) {
    switch (record.state) {
    case SubmissionState::queued:
    case SubmissionState::checking:
    case SubmissionState::publishing:
        return true;
    default:
        return false;
    }
}

auto order_of_receipt(const SubmissionRecord& record) { return std::tuple(record.received_at, record.id); }

} // namespace

struct Pipeline::State {
    explicit State(PipelineParts pipeline_parts)
        : parts(std::move(pipeline_parts)), progress(parts.clock, parts.progress), log(parts.catalog, parts.watch),
          checker(parts.objects, fresh, parts.pool, parts.disk, parts.temp_folder, parts.reader_limits,
                  parts.check_memory_bytes),
          intake(parts, log, fresh, checker, memory, progress),
          publisher(parts.project, parts.warehouse, checker, progress),
          undos(parts.catalog, parts.warehouse, log, publisher), retention(parts, fresh),
          erasures(parts, log, fresh, memory, publisher, retention), scans(parts, log, memory),
          work(parts, log, checker, memory, publisher, undos, erasures, scans, progress),
          rehearsal(parts, checker, publisher, work), inbox(parts, publisher) {}

    Result<SubmissionRecord> run(SubmissionId id);
    Result<SubmissionRecord> run_one(SubmissionId id, const JobTry& job);
    Result<SubmissionRecord> run_delivery(SubmissionRecord record, const Attempt& attempt);
    Result<SubmissionRecord> run_alone(SubmissionId id, const JobTry& job);
    Result<SubmissionRecord> run_small(SubmissionId id);
    Result<Erased> run_removal(SubmissionRecord record);
    Result<std::unique_ptr<ObjectReader>> open(const SubmissionRecord& record, const std::string& space,
                                               const std::string& sha256) const;

    Result<const PartRecord*> find_part(const SubmissionRecord& record, std::size_t part) const;
    // Whether its dataset is told to keep no rejects.
    bool keeps_nothing(const PartRecord& part) const {
        const Dataset* dataset = parts.project->dataset(part.dataset);
        return dataset != nullptr && dataset->rejects.keep == 0 && part.errors_sha256.empty();
    }

    const PipelineParts parts;
    ProgressMeter progress;
    SubmissionLog log;
    FreshObjects fresh;
    CheckMemory memory; // its parts hold claims of fresh
    PartChecker checker;
    Intake intake;
    Publisher publisher;
    UndoWork undos;
    RetentionWork retention;
    EraseWork erasures;
    ScanStep scans;
    SubmissionWork work;
    Rehearsal rehearsal;
    InboxWork inbox;
    std::mutex removing;  // kept from others while objects are removed or must stay; taken before `working`
    DeliveriesGate gate;  // taken before `working`, and after `removing`
    PublishTurns working; // one change of data at a time
    Running running;      // claims are taken before all of these
};

Pipeline::Pipeline(PipelineParts parts) : state_(std::make_unique<State>(std::move(parts))) {}
Pipeline::~Pipeline() = default;

Status Pipeline::recover() {
    const std::lock_guard lock(state_->working);
    const PipelineParts& parts = state_->parts;
    TRY(stores_belong_together(parts.catalog, parts.warehouse));
    TRY(parts.warehouse.discard_all());
    TRY(parts.objects.sweep());
    for (const DirEntry& left : TRY(parts.disk.list(parts.temp_folder))) {
        TRY(parts.disk.remove_tree(parts.temp_folder + "/" + left.name));
    }
    Status recovered;
    for (const SubmissionRecord& record : TRY(parts.catalog.unfinished())) {
        Status settled = state_->work.settle(record);
        if (!settled && recovered) recovered = std::move(settled); // the others need not wait for it
    }
    return recovered;
}

Result<Received> Pipeline::receive(const Delivery& delivery, ByteSource& bytes) {
    return state_->intake.receive(delivery, bytes);
}

Result<CheckedSmall> Pipeline::check_small(SmallDelivery delivery) { return state_->inbox.check(std::move(delivery)); }

void Pipeline::keep_small(CheckedSmall checked, std::optional<RequestKey> request,
                          std::function<StoredAnswer(SubmissionId)> answer, Inbox::Done done) {
    state_->inbox.keep(std::move(checked), std::move(request), std::move(answer), std::move(done));
}

Result<std::vector<SubmissionId>> Pipeline::publish_small(const InboxFilter& which) {
    const std::lock_guard lock(state_->working);
    return state_->inbox.publish(which);
}

Result<Received> Pipeline::receive_file(const Delivery& delivery, const std::string& path, const std::string& sha256) {
    return state_->intake.receive_file(delivery, path, sha256);
}

Result<Received> Pipeline::remove_file(const Delivery& delivery) { return state_->intake.remove_file(delivery); }

Result<SubmissionRecord> Pipeline::run(SubmissionId id) { return state_->run(id); }

Result<SubmissionRecord> Pipeline::run_job(SubmissionId id, const JobTry& job) { return state_->run_one(id, job); }

std::set<std::string> Pipeline::datasets_of(const SubmissionRecord& record) const {
    return inlet::datasets_of(record, *state_->parts.project);
}

void Pipeline::stop(SubmissionId id, FailureCode why) { state_->running.stop(id, why); }

Result<std::size_t> Pipeline::resume_unscanned() { return state_->scans.resume(); }

Result<SubmissionRecord> Pipeline::State::run(SubmissionId id) {
    const SubmissionRecord last = TRY(parts.catalog.get(id));
    if (!is_waiting(last)) return last;
    if (last.kind == SubmissionKind::records) return run_small(id);
    std::vector<SubmissionRecord> waiting = TRY(parts.catalog.unfinished());
    std::erase_if(waiting, [&](const SubmissionRecord& record) {
        const bool is_other_undo = record.kind == SubmissionKind::undo && record.id != id;
        return !is_waiting(record) || is_other_undo || order_of_receipt(record) > order_of_receipt(last);
    });
    std::ranges::sort(waiting, {}, order_of_receipt);
    for (const SubmissionId next : needed_before(waiting, *parts.project)) TRY(run_one(next, {}));
    return parts.catalog.get(id);
}

Result<SubmissionRecord> Pipeline::State::run_one(SubmissionId id, const JobTry& job) {
    const Running::Claim claim = running.claim(id);
    SubmissionRecord record = TRY(parts.catalog.get(id));
    if (record.kind != SubmissionKind::delivery && record.kind != SubmissionKind::held_deletes)
        return run_alone(id, job);
    const std::shared_lock gate_lock(gate);
    record = TRY(parts.catalog.get(id)); // as it was left by who had the gate alone
    if (is_waiting(record) && record.state != SubmissionState::queued) {
        const std::lock_guard lock(working);
        TRY(work.settle(record));
        record = TRY(parts.catalog.get(id));
    }
    if (record.state != SubmissionState::queued) return record;
    return run_delivery(std::move(record), {job, claim.flag()});
}

Result<SubmissionRecord> Pipeline::State::run_delivery(SubmissionRecord record, const Attempt& attempt) {
    const SubmissionId id = record.id;
    for (;;) {
        auto prepared = TRY(work.prepare(std::move(record), attempt));
        if (!prepared) return parts.catalog.get(id);
        working.lock(attempt.job.lane, attempt.job.bytes);
        const std::unique_lock lock(working, std::adopt_lock);
        // Small ones that came before it to the same dataset are published before it.
        for (const std::string& dataset : inlet::datasets_of(prepared->record, *parts.project)) {
            const InboxFilter earlier{.before = prepared->record.received_at, .dataset = dataset, .before_of = {}};
            while (!TRY(inbox.publish(earlier)).empty()) {
            }
        }
        if (prepared->project == &*parts.project) return work.publish(std::move(*prepared), attempt);
        record = std::move(prepared->record); // checked by contracts that stand no more
    }
}

// Undos, erasures and purges: with nobody reading what they may write anew.
Result<SubmissionRecord> Pipeline::State::run_alone(SubmissionId id, const JobTry& job) {
    const std::unique_lock gate_lock(gate);
    working.lock(job.lane, job.bytes);
    const std::unique_lock lock(working, std::adopt_lock);
    SubmissionRecord record = TRY(parts.catalog.get(id));
    if (is_waiting(record) && record.state != SubmissionState::queued) {
        TRY(work.settle(record));
        record = TRY(parts.catalog.get(id));
    }
    if (record.state != SubmissionState::queued) return record;
    return work.run(std::move(record));
}

// With those that were received before it.
Result<SubmissionRecord> Pipeline::State::run_small(SubmissionId id) {
    const std::lock_guard lock(working);
    for (;;) {
        const std::vector<SubmissionId> settled = TRY(inbox.publish({}));
        if (settled.empty() || std::ranges::find(settled, id) != settled.end()) return parts.catalog.get(id);
    }
}

Result<Pipeline::DryRun> Pipeline::dry_run(const Delivery& delivery, const std::string& path, std::size_t sample_rows) {
    const std::lock_guard lock(state_->working);
    return state_->rehearsal.of_file(delivery, path, sample_rows);
}

Result<Pipeline::DryRun> Pipeline::preview(SubmissionId id, std::size_t sample_rows) {
    const std::lock_guard lock(state_->working);
    return state_->rehearsal.of_held(TRY(state_->parts.catalog.get(id)), sample_rows);
}

Result<SubmissionRecord> Pipeline::approve(SubmissionId id, const std::string& by) {
    const auto held = [&]() -> Result<SubmissionRecord> {
        SubmissionRecord record = TRY(state_->parts.catalog.get(id));
        if (record.state == SubmissionState::held) return record;
        return fail(FailureCode::not_held,
                    fmt::format("submission {} is {}, not held", id.value, to_string(record.state)));
    };
    SubmissionRecord record = TRY(held());
    if (record.kind != SubmissionKind::records) TRY(state_->work.verify_kept(record));
    {
        const std::lock_guard lock(state_->working);
        record = TRY(held());
        if (record.asked_deletes.empty()) {
            record.rejects_approved = record.rejects_approved || !is_unscanned(record);
        } else {
            for (const auto& [dataset, rows] : record.asked_deletes) record.delete_approvals[dataset] = rows;
        }
        record.asked_deletes.clear();
        TRY(state_->log.move(record, SubmissionState::queued, by));
    }
    record = TRY(state_->run(id));
    if (record.state == SubmissionState::held &&
        record.reason_code == failure_info(FailureCode::approval_changed).code) {
        return fail(FailureCode::approval_changed, record.reason);
    }
    return record;
}

Result<SubmissionRecord> Pipeline::cancel(SubmissionId id, const std::string& by) {
    const Error why(FailureCode::cancelled, by.empty() ? "cancelled" : fmt::format("cancelled by {}", by));
    for (;;) {
        SubmissionRecord record = TRY(state_->parts.catalog.get(id));
        std::unique_lock lock(state_->working, std::defer_lock);
        if (record.kind == SubmissionKind::records) { // it may be under way, which its state does not tell
            lock.lock();
            record = TRY(state_->parts.catalog.get(id));
        }
        const bool is_delivery = record.kind == SubmissionKind::delivery || record.kind == SubmissionKind::held_deletes;
        if (record.state == SubmissionState::publishing && is_delivery) {
            state_->running.stop(id, FailureCode::cancelled);
            state_->running.wait_until_free(id); // it may be published all the same
            record = TRY(state_->parts.catalog.get(id));
            if (record.state == SubmissionState::cancelled) return record;
        }
        const bool is_checking = record.state == SubmissionState::checking && is_delivery;
        if (!is_checking && record.state != SubmissionState::held && record.state != SubmissionState::queued)
            return fail(wrong_state(record, "queued, held or being worked on"));
        const Status moved = state_->log.move(record, SubmissionState::cancelled, why);
        if (!moved && moved.error().code == FailureCode::wrong_state) continue; // it went on meanwhile
        if (!moved) return fail(moved.error());
        state_->running.stop(id, FailureCode::cancelled);
        (void)state_->memory.take(id);
        return state_->parts.catalog.get(id);
    }
}

Result<SubmissionRecord> Pipeline::retry(SubmissionId id, const std::string& by) {
    SubmissionRecord record = TRY(state_->parts.catalog.get(id));
    const bool is_rejected = record.state == SubmissionState::rejected;
    if (record.state == SubmissionState::failed || is_rejected) {
        const bool is_small = record.kind == SubmissionKind::records;
        if (is_small) TRY(state_->inbox.raw(record));
        const bool is_removal = record.file && record.file->removed;
        const bool needs_bytes =
            !is_small && !is_removal && record.kind != SubmissionKind::undo && record.kind != SubmissionKind::purge;
        if (needs_bytes && record.raw_sha256.empty()) {
            if (record.received_at == 0) {
                return fail(
                    FailureCode::interrupted,
                    fmt::format("the bytes of submission {} never arrived whole; load the file again", id.value));
            }
            return fail(
                FailureCode::retention_expired,
                fmt::format("the bytes of submission {} were kept as long as they should be, and are gone", id.value));
        }
        if (!is_small) TRY(state_->work.verify_kept(record));
        if (is_rejected && record.kind != SubmissionKind::undo) { // agreed to under another contract
            record.rejects_approved = false;
            record.delete_approvals.clear();
        }
        const std::lock_guard lock(state_->working);
        TRY(state_->log.move(record, SubmissionState::queued, by));
    } else if (!is_waiting(record)) {
        return fail(wrong_state(record, "failed, rejected or queued"));
    }
    return state_->run(id);
}

Result<Pipeline::Undone> Pipeline::undo(std::vector<SubmissionId> targets, bool cascade, bool dry_run,
                                        const std::string& by) {
    const std::lock_guard lock(state_->working);
    SubmissionRecord record;
    record.kind = SubmissionKind::undo;
    record.state = SubmissionState::queued;
    record.received_at = state_->parts.clock.now();
    record.by = by;
    record.undoes = std::move(targets);
    record.cascade = cascade;
    for (const SubmissionId target : record.undoes) TRY(state_->parts.catalog.get(target));
    if (dry_run) {
        UndoOutcome outcome = TRY(state_->undos.rehearse(record.undoes, cascade, by));
        record.undoes = outcome.undone;
        return Undone{std::move(record), std::move(outcome)};
    }
    TRY(state_->log.create(record));
    return state_->work.run_undo(std::move(record));
}

Result<std::unique_ptr<ObjectReader>> Pipeline::open_raw(SubmissionId id) {
    const SubmissionRecord record = TRY(state_->parts.catalog.get(id));
    if (record.kind == SubmissionKind::undo || record.kind == SubmissionKind::erasure ||
        record.kind == SubmissionKind::purge) {
        return fail(FailureCode::bad_argument,
                    fmt::format("submission {} is of kind {} and has no file", id.value, to_string(record.kind)));
    }
    if (record.file && record.file->removed)
        return fail(FailureCode::bad_argument, fmt::format("submission {} removes a file, and has none", id.value));
    if (is_quarantined(record)) {
        return fail(FailureCode::malware_found,
                    fmt::format("what submission {} brought is given to nobody: {}", id.value, record.reason));
    }
    if (record.kind == SubmissionKind::records) return make_text_object(TRY(state_->inbox.raw(record)));
    if (record.received_at == 0) {
        return fail(FailureCode::interrupted, fmt::format("the bytes of submission {} never arrived whole", id.value));
    }
    return state_->open(record, record.target, record.raw_sha256);
}

Result<std::unique_ptr<ObjectReader>> Pipeline::open_errors(SubmissionId id, std::size_t part) {
    const SubmissionRecord record = TRY(state_->parts.catalog.get(id));
    const PartRecord& about = *TRY(state_->find_part(record, part));
    if (record.kind == SubmissionKind::records) {
        if (about.errors_total == 0) return make_empty_object();
        return make_text_object(TRY(state_->inbox.errors(record)));
    }
    // Of a part that could not be read the one error stands in the record itself.
    if (about.errors_total == 0 || about.dialect.empty() || state_->keeps_nothing(about)) return make_empty_object();
    return state_->open(record, kOutputSpace, about.errors_sha256);
}

Result<std::unique_ptr<ObjectReader>> Pipeline::open_rejects(SubmissionId id, std::size_t part) {
    const SubmissionRecord record = TRY(state_->parts.catalog.get(id));
    const PartRecord& about = *TRY(state_->find_part(record, part));
    if (about.rejected == 0 || state_->keeps_nothing(about)) return make_empty_object();
    if (record.kind == SubmissionKind::records) return make_text_object(TRY(state_->inbox.rejects(record)));
    return state_->open(record, kOutputSpace, about.rejects_sha256);
}

Result<const PartRecord*> Pipeline::State::find_part(const SubmissionRecord& record, std::size_t part) const {
    if (part < record.parts.size()) return &record.parts[part];
    return fail(FailureCode::bad_argument,
                fmt::format("submission {} has {} parts", record.id.value, record.parts.size()));
}

Result<std::unique_ptr<ObjectReader>> Pipeline::State::open(const SubmissionRecord& record, const std::string& space,
                                                            const std::string& sha256) const {
    if (!sha256.empty()) return open_kept(parts.objects, record, {space, sha256});
    return fail(FailureCode::retention_expired,
                fmt::format("what is asked for of submission {} was kept as long as it should be, and is gone",
                            record.id.value));
}

Result<std::unique_ptr<ObjectReader>> Pipeline::open_object(const ObjectId& id) const {
    return state_->parts.objects.open(id);
}

Status Pipeline::reconfigure(std::unique_ptr<const Project> project) {
    const std::lock_guard lock(state_->working);
    TRY(state_->parts.warehouse.define(project->datasets));
    state_->parts.project.replace(std::move(project));
    return {};
}

Result<Pipeline::Pruned> Pipeline::prune(bool dry_run) {
    const std::lock_guard removing(state_->removing);
    const std::lock_guard lock(state_->working);
    return state_->retention.prune(dry_run);
}

Result<Pipeline::Pruned> Pipeline::purge_kept(const std::string& dataset, bool dry_run) {
    const std::lock_guard removing(state_->removing);
    const std::lock_guard lock(state_->working);
    return state_->retention.purge(dataset, dry_run);
}

Result<Pipeline::Erased> Pipeline::erase(const Erasure& erasure, bool dry_run) {
    const std::lock_guard removing(state_->removing);
    const std::lock_guard gate(state_->gate);
    const std::lock_guard lock(state_->working);
    if (dry_run) return state_->erasures.rehearse(erasure);
    while (!TRY(state_->inbox.publish({})).empty()) {
    } // what waits would bring such records afterwards
    return state_->run_removal(TRY(state_->erasures.begin(erasure)));
}

Result<Pipeline::Erased> Pipeline::purge(SubmissionId id, bool dry_run, const std::string& by) {
    const std::lock_guard removing(state_->removing);
    const std::lock_guard gate(state_->gate);
    const std::lock_guard lock(state_->working);
    const SubmissionRecord target = TRY(state_->parts.catalog.get(id));
    if (dry_run) return state_->erasures.rehearse_purge(target, by);
    return state_->run_removal(TRY(state_->erasures.begin_purge(target, by)));
}

Result<Pipeline::Erased> Pipeline::State::run_removal(SubmissionRecord record) {
    Erased erased;
    erased.record = TRY(work.run(std::move(record)));
    if (erased.record.state == SubmissionState::published) {
        Erased done = erasures.take_outcome();
        done.record = std::move(erased.record);
        return done;
    }
    return fail(FailureCode::interrupted,
                fmt::format("submission {} could not be carried out: {}; `inlet retry {}` goes on with it",
                            erased.record.id.value, erased.record.reason, erased.record.id.value));
}

Result<BackupReport> Pipeline::back_up(BackupFolder& folder, const std::string& program, std::size_t keep) {
    const std::lock_guard removing(state_->removing);
    return make_backup(state_->parts, state_->working, folder, program, keep);
}

Result<Verification> Pipeline::verify() {
    const std::lock_guard removing(state_->removing);
    const std::lock_guard lock(state_->working);
    return VerifyWork(state_->parts).run();
}

} // namespace inlet
