// Uploads in a vector. Floor 3, for the memory catalog alone. Safe from many threads.
#pragma once

#include <mutex>

#include "catalog/uploads.hpp"

namespace inlet {

class MemoryUploads final : public UploadRecords {
public:
    explicit MemoryUploads(const Clock& clock) : clock_(clock) {} // borrowed

    Status add(UploadRecord record) override;
    Result<std::optional<UploadRecord>> find(std::string_view id) override;
    Status update(const UploadRecord& record) override;
    Status remove(std::string_view id) override;
    Result<std::vector<UploadRecord>> expired(Timestamp moment) override;
    Result<std::vector<UploadRecord>> unsettled() override;
    Result<UnfinishedUploads> unfinished() override;

    // Complete ones that need the object.
    std::uint64_t references(std::string_view space, std::string_view sha256);

private:
    UploadRecord* look_up(std::string_view id); // under mutex_

    const Clock& clock_;
    std::mutex mutex_;
    std::vector<UploadRecord> records_; // behind mutex_; oldest first
};

} // namespace inlet
