// Everything in vectors, one lock over all, every question answered by looking at all.
#include "catalog/memory/memory_catalog.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "catalog/memory/memory_event_log.hpp"
#include "catalog/memory/memory_jobs.hpp"
#include "catalog/memory/memory_keys.hpp"
#include "catalog/memory/memory_notifications.hpp"
#include "catalog/memory/memory_pickups.hpp"
#include "catalog/memory/memory_uploads.hpp"
#include "catalog/rules.hpp"

namespace inlet {

namespace {

struct Entry {
    SubmissionRecord record;
    std::string forgotten_sha256; // of raw bytes that were forgotten
};

class MemoryCatalog final : public Catalog, private Inbox, private Requests {
public:
    explicit MemoryCatalog(const Clock& clock)
        : clock_(clock), keys_(clock), audit_(clock), uploads_(clock),
          event_log_(clock,
                     [this](SubmissionId id) -> std::optional<SubmissionRecord> {
                         const std::lock_guard lock(mutex_);
                         const Entry* entry = find(id);
                         return entry == nullptr ? std::nullopt : std::optional(entry->record);
                     }),
          notifications_(clock) {}

    Result<SubmissionId> create(SubmissionRecord record, const CatalogEvent& event) override {
        const std::lock_guard lock(mutex_);
        record.id = SubmissionId(static_cast<std::int64_t>(entries_.size()) + 1);
        record.updated_at = clock_.now();
        const SubmissionId id = record.id;
        entries_.push_back({.record = std::move(record), .forgotten_sha256 = ""});
        event_log_.add(id, event);
        return id;
    }

    Status update(const SubmissionRecord& record, SubmissionState expected, const CatalogEvent& event) override {
        const std::lock_guard lock(mutex_);
        return update_now(record, expected, event);
    }

    Status update_and_answer(const SubmissionRecord& record, SubmissionState expected, const CatalogEvent& event,
                             const AnsweredRequest& answered) override {
        const std::lock_guard lock(mutex_);
        TRY(update_now(record, expected, event));
        answer_now(answered);
        return {};
    }

    Result<SubmissionRecord> get(SubmissionId id) override {
        const std::lock_guard lock(mutex_);
        const Entry* entry = find(id);
        if (entry == nullptr) return fail(unknown_submission(id));
        return entry->record;
    }

    Result<std::vector<SubmissionRecord>> list(const SubmissionFilter& filter) override {
        const std::lock_guard lock(mutex_);
        std::vector<SubmissionRecord> records;
        for (auto entry = entries_.rbegin(); entry != entries_.rend() && records.size() < filter.limit; ++entry) {
            if (matches(entry->record, filter)) records.push_back(entry->record);
        }
        return records;
    }

    Result<std::vector<SubmissionRecord>> unfinished() override {
        const std::lock_guard lock(mutex_);
        std::vector<SubmissionRecord> records;
        for (const Entry& entry : entries_) {
            if (!is_end(entry.record.state) && entry.record.kind != SubmissionKind::records)
                records.push_back(entry.record);
        }
        return records;
    }

    Result<std::optional<SubmissionRecord>> same_bytes(std::string_view target, std::string_view sha256) override {
        const std::lock_guard lock(mutex_);
        if (sha256.empty()) return std::nullopt;
        for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
            const SubmissionRecord& record = entry->record;
            if (record.target != target || !stands_for_its_bytes(record.kind, record.state)) continue;
            if (record.raw_sha256 == sha256 || entry->forgotten_sha256 == sha256) return record;
        }
        return std::nullopt;
    }

    Result<std::vector<CatalogEvent>> events(SubmissionId id) override {
        const std::lock_guard lock(mutex_);
        if (find(id) == nullptr) return fail(unknown_submission(id));
        return event_log_.of(id);
    }

    Result<std::uint64_t> references(std::string_view space, std::string_view sha256) override {
        const std::lock_guard lock(mutex_);
        if (sha256.empty()) return 0;
        std::uint64_t count = 0;
        for (const Entry& entry : entries_) {
            if (entry.record.target == space && entry.record.raw_sha256 == sha256) ++count;
            if (space != kPartsSpace) continue;
            for (const PartRecord& part : entry.record.parts) {
                if (part.errors_sha256 == sha256 || part.rejects_sha256 == sha256) ++count;
            }
        }
        return count + uploads_.references(space, sha256);
    }

    Status forget_raw(SubmissionId id) override {
        const std::lock_guard lock(mutex_);
        Entry* entry = find(id);
        if (entry == nullptr) return fail(unknown_submission(id));
        if (!entry->record.raw_sha256.empty()) entry->forgotten_sha256 = std::exchange(entry->record.raw_sha256, "");
        return {};
    }

    Status forget_rejects(SubmissionId id) override {
        const std::lock_guard lock(mutex_);
        Entry* entry = find(id);
        if (entry == nullptr) return fail(unknown_submission(id));
        for (PartRecord& part : entry->record.parts) {
            part.errors_sha256.clear();
            part.rejects_sha256.clear();
        }
        return {};
    }

    Result<std::uint64_t> forget_events(Timestamp before, bool dry_run) override {
        const std::lock_guard lock(mutex_);
        const auto goes = [&](const CatalogEvent& event) {
            return event.at < before && (!event.submission || is_end(find(event.submission)->record.state));
        };
        return event_log_.forget(goes, dry_run);
    }

    Status copy_to(const std::string&) override {
        return fail(FailureCode::not_supported, "a catalog in memory has no file to copy");
    }

    Inbox& inbox() override { return *this; }
    Requests& requests() override { return *this; }

    void add(SubmissionRecord record, std::string form, std::string body, CatalogEvent event, AuditEntry audit,
             std::optional<RequestKey> request, std::function<StoredAnswer(SubmissionId)> answer, Done done) override {
        auto receipt = add_now(std::move(record), std::move(form), std::move(body), event, request, answer);
        if (receipt && receipt->id) {
            audit.submission = receipt->id;
            (void)audit_.append(std::move(audit));
        }
        done(std::move(receipt));
    }

    Result<std::vector<InboxEntry>> waiting(const InboxFilter& which, std::uint64_t records_max,
                                            std::uint64_t bytes_max) override {
        const std::lock_guard lock(mutex_);
        std::vector<InboxEntry> found;
        std::uint64_t records = 0;
        std::uint64_t bytes = 0;
        for (const auto& [id, body] : bodies_) {
            const SubmissionRecord& record = find(id)->record;
            if (record.state != SubmissionState::queued || !is_wanted(which, record)) continue;
            const PartRecord& part = record.parts.front();
            records += part.rows;
            bytes += body.body.size();
            if (!found.empty() && (records > records_max || bytes > bytes_max)) break;
            found.push_back({id, record.target, record.by, body.form, body.body, record.rejects_approved, part.rows,
                             part.rejected});
        }
        return found;
    }

    Result<std::optional<Timestamp>> oldest(const InboxFilter& which) override {
        const std::vector<InboxEntry> first = TRY(waiting(which, 0, 0));
        if (first.empty()) return std::nullopt;
        return TRY(get(first.front().id)).received_at;
    }

    Result<std::uint64_t> count_waiting() override { return TRY(waiting({}, UINT64_MAX, UINT64_MAX)).size(); }

    Status settle(const std::vector<InboxOutcome>& outcomes) override {
        const std::lock_guard lock(mutex_);
        for (const InboxOutcome& outcome : outcomes) {
            SubmissionRecord& record = find(outcome.id)->record;
            if (record.state != SubmissionState::queued || record.kind != SubmissionKind::records) continue;
            record.state = outcome.state;
            record.reason_code = outcome.reason_code;
            record.reason = outcome.reason;
            record.version = outcome.version;
            record.updated_at = clock_.now();
            ++record.attempts;
            PartRecord& part = record.parts.front();
            part.inserted = outcome.inserted;
            part.updated = outcome.updated;
            part.unchanged = outcome.unchanged;
            if (outcome.rejected) {
                part.rejected = *outcome.rejected;
                part.accepted = part.rows - part.rejected;
                part.errors_total = outcome.errors_total;
                if (!bodies_[outcome.id].late.empty()) part.counts.erase(part.counts.begin());
                if (!outcome.late.empty())
                    part.counts.insert(part.counts.begin(), {"primary-key", "", outcome.late.size()});
                bodies_[outcome.id].late = outcome.late;
            }
            event_log_.add(outcome.id, outcome.event);
        }
        return {};
    }

    Result<std::optional<InboxBody>> body(SubmissionId id) override {
        const std::lock_guard lock(mutex_);
        const auto found = bodies_.find(id);
        return found == bodies_.end() ? std::nullopt : std::optional(found->second);
    }

    Status erase_body(SubmissionId id) override {
        const std::lock_guard lock(mutex_);
        bodies_.erase(id);
        const std::string location = "/v1/submissions/" + std::to_string(id.value);
        std::erase_if(answers_, [&](const auto& entry) {
            return entry.second.answer && entry.second.answer->location == location;
        });
        return {};
    }

    Result<std::uint64_t> forget_bodies(const std::string& dataset, Timestamp before, bool dry_run) override {
        const std::lock_guard lock(mutex_);
        const auto due = [&](const auto& entry) {
            const SubmissionRecord& record = find(entry.first)->record;
            return record.target == dataset && record.received_at < before && is_end(record.state);
        };
        if (dry_run) return static_cast<std::uint64_t>(std::ranges::count_if(bodies_, due));
        return std::erase_if(bodies_, due);
    }

    Result<std::optional<Earlier>> begin(const RequestKey& request) override {
        const std::lock_guard lock(mutex_);
        const auto found = answers_.find({request.principal, request.key});
        if (found == answers_.end()) {
            answers_[{request.principal, request.key}] = {request.sha256, std::nullopt, clock_.now()};
            return std::nullopt;
        }
        const Answered& answered = found->second;
        if (answered.answer) return Earlier{answered.sha256, *answered.answer};
        return fail(answered.sha256 == request.sha256 ? under_way(request) : key_reused(request));
    }

    Status finish(const AnsweredRequest& answered) override {
        const std::lock_guard lock(mutex_);
        answer_now(answered);
        return {};
    }

    Status forget_about(const std::string& location) override {
        const std::lock_guard lock(mutex_);
        std::erase_if(answers_, [&](const auto& entry) {
            return entry.second.answer && entry.second.answer->location == location;
        });
        return {};
    }

    Status abandon(const RequestKey& request) override {
        const std::lock_guard lock(mutex_);
        const auto found = answers_.find({request.principal, request.key});
        if (found != answers_.end() && !found->second.answer) answers_.erase(found);
        return {};
    }

    Status abandon_all() override {
        const std::lock_guard lock(mutex_);
        std::erase_if(answers_, [](const auto& entry) { return !entry.second.answer; });
        return {};
    }

    Status forget(Timestamp before) override {
        const std::lock_guard lock(mutex_);
        std::erase_if(answers_, [&](const auto& entry) { return entry.second.answer && entry.second.at < before; });
        return {};
    }

    Jobs& jobs() override { return jobs_; }
    Keys& keys() override { return keys_; }
    AuditLog& audit() override { return audit_; }
    UploadRecords& uploads() override { return uploads_; }
    Pickups& pickups() override { return pickups_; }
    EventLog& event_log() override { return event_log_; }
    Notifications& notifications() override { return notifications_; }

private:
    struct Answered {
        std::string sha256;
        std::optional<StoredAnswer> answer; // nothing: under way
        Timestamp at = 0;
    };

    // Behind mutex_, both.
    Status update_now(const SubmissionRecord& record, SubmissionState expected, const CatalogEvent& event) {
        Entry* entry = find(record.id);
        if (entry == nullptr) return fail(unknown_submission(record.id));
        if (entry->record.state != expected) return fail(wrong_state(record.id, entry->record.state, expected));
        if (record.lease && !jobs_.holds(record.id, record.lease)) return fail(lease_lost(record.id));
        entry->record = record;
        entry->record.lease = {};
        if (ends_job(record.state)) jobs_.end(record.id);
        entry->record.updated_at = clock_.now();
        if (!entry->forgotten_sha256.empty()) entry->record.raw_sha256.clear();
        event_log_.add(record.id, event);
        return {};
    }

    void answer_now(const AnsweredRequest& answered) {
        const RequestKey& request = answered.request;
        answers_[{request.principal, request.key}] = {request.sha256, answered.answer, clock_.now()};
    }

    Result<std::optional<StoredAnswer>> answer_to(const RequestKey& request) {
        const auto found = answers_.find({request.principal, request.key});
        if (found == answers_.end()) return std::nullopt;
        if (found->second.sha256 != request.sha256) return fail(key_reused(request));
        if (!found->second.answer) return fail(under_way(request));
        return found->second.answer;
    }

    Result<Receipt> add_now(SubmissionRecord record, std::string form, std::string body, const CatalogEvent& event,
                            const std::optional<RequestKey>& request,
                            const std::function<StoredAnswer(SubmissionId)>& answer) {
        if (request) {
            const std::lock_guard lock(mutex_);
            if (auto earlier = TRY(answer_to(*request))) return Receipt{.id = {}, .earlier = std::move(earlier)};
        }
        record.received_at = clock_.now();
        const SubmissionId id = TRY(create(std::move(record), event));
        const std::lock_guard lock(mutex_);
        bodies_[id] = {std::move(form), std::move(body), {}};
        if (request) answers_[{request->principal, request->key}] = {request->sha256, answer(id), clock_.now()};
        return Receipt{.id = id, .earlier = std::nullopt};
    }

    Entry* find(SubmissionId id) {
        if (id.value < 1 || std::cmp_greater(id.value, entries_.size())) return nullptr;
        return &entries_[static_cast<std::size_t>(id.value) - 1];
    }

    static bool matches(const SubmissionRecord& record, const SubmissionFilter& filter) {
        if (filter.state && record.state != *filter.state) return false;
        if (filter.before && record.id >= *filter.before) return false;
        if (filter.scope && !visible(record, *filter.scope)) return false;
        if (filter.dataset.empty() || record.target == filter.dataset) return true;
        return std::ranges::any_of(record.parts,
                                   [&](const PartRecord& part) { return part.dataset == filter.dataset; });
    }

    const Clock& clock_;
    MemoryJobs jobs_{clock_, [this](SubmissionId id) -> std::optional<SubmissionState> {
                         const std::lock_guard lock(mutex_);
                         const Entry* entry = find(id);
                         return entry == nullptr ? std::nullopt : std::optional(entry->record.state);
                     }};
    MemoryKeys keys_;
    MemoryAuditLog audit_;
    MemoryUploads uploads_;
    MemoryPickups pickups_;

    std::mutex mutex_;           // over all below
    std::vector<Entry> entries_; // by id, from 1
    std::map<SubmissionId, InboxBody> bodies_;
    std::map<std::pair<std::string, std::string>, Answered> answers_; // by principal and key

    MemoryEventLog event_log_;
    MemoryNotifications notifications_;
};

} // namespace

std::unique_ptr<Catalog> make_memory_catalog(const Clock& clock) { return std::make_unique<MemoryCatalog>(clock); }

} // namespace inlet
