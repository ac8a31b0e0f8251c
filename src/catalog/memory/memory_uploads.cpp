#include "catalog/memory/memory_uploads.hpp"

#include <algorithm>
#include <iterator>

#include "catalog/rules.hpp"

namespace inlet {

UploadRecord* MemoryUploads::look_up(std::string_view id) {
    const auto found = std::ranges::find(records_, id, &UploadRecord::id);
    return found == records_.end() ? nullptr : &*found;
}

Status MemoryUploads::add(UploadRecord record) {
    const std::lock_guard lock(mutex_);
    if (look_up(record.id) != nullptr) return fail(upload_exists(record.id));
    record.created_at = clock_.now();
    records_.push_back(std::move(record));
    return {};
}

Result<std::optional<UploadRecord>> MemoryUploads::find(std::string_view id) {
    const std::lock_guard lock(mutex_);
    const UploadRecord* found = look_up(id);
    return found == nullptr ? std::nullopt : std::optional(*found);
}

Status MemoryUploads::update(const UploadRecord& record) {
    const std::lock_guard lock(mutex_);
    UploadRecord* found = look_up(record.id);
    if (found == nullptr) return fail(unknown_upload(record.id));
    const Timestamp created_at = found->created_at;
    *found = record;
    found->created_at = created_at;
    return {};
}

Status MemoryUploads::remove(std::string_view id) {
    const std::lock_guard lock(mutex_);
    std::erase_if(records_, [&](const UploadRecord& record) { return record.id == id; });
    return {};
}

Result<std::vector<UploadRecord>> MemoryUploads::expired(Timestamp moment) {
    const std::lock_guard lock(mutex_);
    std::vector<UploadRecord> found;
    std::ranges::copy_if(records_, std::back_inserter(found),
                         [&](const UploadRecord& record) { return record.expires_at <= moment; });
    std::ranges::stable_sort(found, {}, &UploadRecord::expires_at);
    return found;
}

Result<std::vector<UploadRecord>> MemoryUploads::unsettled() {
    const std::lock_guard lock(mutex_);
    std::vector<UploadRecord> found;
    std::ranges::copy_if(records_, std::back_inserter(found), is_unsettled);
    return found;
}

Result<UnfinishedUploads> MemoryUploads::unfinished() {
    const std::lock_guard lock(mutex_);
    UnfinishedUploads sum;
    for (const UploadRecord& record : records_) {
        if (record.state != UploadState::receiving) continue;
        ++sum.count;
        sum.bytes += record.offset;
    }
    return sum;
}

std::uint64_t MemoryUploads::references(std::string_view space, std::string_view sha256) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::uint64_t>(std::ranges::count_if(records_, [&](const UploadRecord& record) {
        return record.state == UploadState::complete && record.target == space && record.sha256 == sha256;
    }));
}

} // namespace inlet
