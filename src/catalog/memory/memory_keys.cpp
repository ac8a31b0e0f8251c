#include "catalog/memory/memory_keys.hpp"

#include <algorithm>
#include <utility>

#include "catalog/rules.hpp"

namespace inlet {

KeyRecord* MemoryKeys::known(std::string_view id) {
    const auto found = std::ranges::find(keys_, id, &KeyRecord::id);
    return found == keys_.end() ? nullptr : &*found;
}

Status MemoryKeys::add(KeyRecord key) {
    const std::lock_guard lock(mutex_);
    if (known(key.id) != nullptr) return fail(key_exists(key.id));
    key.created_at = clock_.now();
    keys_.push_back(std::move(key));
    ++changes_;
    return {};
}

Result<std::optional<KeyRecord>> MemoryKeys::find(std::string_view id) {
    const std::lock_guard lock(mutex_);
    const KeyRecord* found = known(id);
    return found == nullptr ? std::nullopt : std::optional(*found);
}

Result<std::vector<KeyRecord>> MemoryKeys::all() {
    const std::lock_guard lock(mutex_);
    return keys_;
}

Status MemoryKeys::revoke(std::string_view id) {
    const std::lock_guard lock(mutex_);
    KeyRecord* found = known(id);
    if (found == nullptr) return fail(unknown_key(id));
    if (found->revoked_at == 0) found->revoked_at = clock_.now();
    ++changes_;
    return {};
}

Status MemoryKeys::rotate(std::string_view id, std::string_view sha256, Timestamp old_until) {
    const std::lock_guard lock(mutex_);
    KeyRecord* found = known(id);
    if (found == nullptr || found->revoked_at != 0) return fail(unknown_key(id));
    found->old_sha256 = std::exchange(found->sha256, std::string(sha256));
    found->old_until = old_until;
    ++changes_;
    return {};
}

void MemoryKeys::note_used(std::string_view id, Timestamp at) {
    const std::lock_guard lock(mutex_);
    if (KeyRecord* found = known(id)) found->last_used_at = std::max(found->last_used_at, at);
    ++changes_;
}

Result<std::uint64_t> MemoryKeys::change_counter() {
    const std::lock_guard lock(mutex_);
    return changes_;
}

Result<AuditHead> MemoryAuditLog::append(AuditEntry entry) {
    const std::lock_guard lock(mutex_);
    entry.number = static_cast<std::int64_t>(entries_.size()) + 1;
    entry.at = clock_.now();
    entry.hash = audit_hash(entries_.empty() ? AuditHead().hash : entries_.back().hash, entry);
    entries_.push_back(std::move(entry));
    return AuditHead{.number = entries_.back().number, .hash = entries_.back().hash};
}

Result<std::vector<AuditEntry>> MemoryAuditLog::newest(std::int64_t before, std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<AuditEntry> found;
    for (auto entry = entries_.rbegin(); entry != entries_.rend() && found.size() < limit; ++entry) {
        if (before == 0 || entry->number < before) found.push_back(*entry);
    }
    return found;
}

Result<std::vector<AuditEntry>> MemoryAuditLog::oldest(std::int64_t after, std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<AuditEntry> found;
    for (const AuditEntry& entry : entries_) {
        if (entry.number > after && found.size() < limit) found.push_back(entry);
    }
    return found;
}

} // namespace inlet
