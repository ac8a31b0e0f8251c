// Everything in vectors, one lock over all, every question answered by looking at all.
#include "catalog/memory/memory_catalog.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "catalog/rules.hpp"

namespace inlet {

namespace {

struct Entry {
    SubmissionRecord record;
    std::string forgotten_sha256; // of raw bytes that were forgotten
};

class MemoryCatalog final : public Catalog {
public:
    explicit MemoryCatalog(const Clock& clock) : clock_(clock) {}

    Result<SubmissionId> create(SubmissionRecord record, const CatalogEvent& event) override {
        const std::lock_guard lock(mutex_);
        record.id = SubmissionId(static_cast<std::int64_t>(entries_.size()) + 1);
        record.updated_at = clock_.now();
        const SubmissionId id = record.id;
        entries_.push_back({.record = std::move(record), .forgotten_sha256 = ""});
        add(id, event);
        return id;
    }

    Status update(const SubmissionRecord& record, SubmissionState expected, const CatalogEvent& event) override {
        const std::lock_guard lock(mutex_);
        Entry* entry = find(record.id);
        if (entry == nullptr) return fail(unknown_submission(record.id));
        if (entry->record.state != expected) return fail(wrong_state(record.id, entry->record.state, expected));
        entry->record = record;
        entry->record.updated_at = clock_.now();
        if (!entry->forgotten_sha256.empty()) entry->record.raw_sha256.clear();
        add(record.id, event);
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
            if (!is_end(entry.record.state)) records.push_back(entry.record);
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
        std::vector<CatalogEvent> found;
        std::ranges::copy_if(events_, std::back_inserter(found),
                             [&](const CatalogEvent& event) { return event.submission == id; });
        return found;
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
        return count;
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
            return event.at < before && is_end(find(event.submission)->record.state);
        };
        const auto count = static_cast<std::uint64_t>(std::ranges::count_if(events_, goes));
        if (!dry_run) std::erase_if(events_, goes);
        return count;
    }

    Status copy_to(const std::string&) override {
        return fail(FailureCode::not_supported, "a catalog in memory has no file to copy");
    }

    Status add_key(KeyRecord key) override {
        const std::lock_guard lock(mutex_);
        if (find_key(key.id) != nullptr) return fail(key_exists(key.id));
        key.created_at = clock_.now();
        keys_.push_back(std::move(key));
        return {};
    }

    Result<std::optional<KeyRecord>> key(std::string_view id) override {
        const std::lock_guard lock(mutex_);
        const KeyRecord* found = find_key(id);
        return found == nullptr ? std::nullopt : std::optional(*found);
    }

    Result<std::vector<KeyRecord>> keys() override {
        const std::lock_guard lock(mutex_);
        return keys_;
    }

    Status revoke_key(std::string_view id) override {
        const std::lock_guard lock(mutex_);
        KeyRecord* found = find_key(id);
        if (found == nullptr) return fail(unknown_key(id));
        if (found->revoked_at == 0) found->revoked_at = clock_.now();
        return {};
    }

private:
    KeyRecord* find_key(std::string_view id) {
        const auto found = std::ranges::find(keys_, id, &KeyRecord::id);
        return found == keys_.end() ? nullptr : &*found;
    }

    Entry* find(SubmissionId id) {
        if (id.value < 1 || std::cmp_greater(id.value, entries_.size())) return nullptr;
        return &entries_[static_cast<std::size_t>(id.value) - 1];
    }

    void add(SubmissionId id, CatalogEvent event) {
        event.number = ++events_given_;
        event.at = clock_.now();
        event.submission = id;
        events_.push_back(std::move(event));
    }

    static bool matches(const SubmissionRecord& record, const SubmissionFilter& filter) {
        if (filter.state && record.state != *filter.state) return false;
        if (filter.before && record.id >= *filter.before) return false;
        if (filter.dataset.empty() || record.target == filter.dataset) return true;
        return std::ranges::any_of(record.parts,
                                   [&](const PartRecord& part) { return part.dataset == filter.dataset; });
    }

    const Clock& clock_;

    std::mutex mutex_;           // over all below
    std::vector<Entry> entries_; // by id, from 1
    std::vector<CatalogEvent> events_;
    std::int64_t events_given_ = 0;
    std::vector<KeyRecord> keys_;
};

} // namespace

std::unique_ptr<Catalog> make_memory_catalog(const Clock& clock) { return std::make_unique<MemoryCatalog>(clock); }

} // namespace inlet
