#include "pipeline/upload_file.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace inlet {

namespace {

constexpr std::uint64_t kWritebackBytes = 4U << 20U;
constexpr std::size_t kHashBytes = 256U << 10U;

Result<std::unique_ptr<RunningSha256>> hash_of(const File& file, std::uint64_t size) {
    auto hash = std::make_unique<RunningSha256>();
    std::vector<std::byte> room(kHashBytes);
    for (std::uint64_t at = 0; at < size;) {
        const std::size_t wanted = std::min<std::uint64_t>(room.size(), size - at);
        const std::size_t got = TRY(file.pread(std::span(room).first(wanted), at));
        if (got == 0) return fail(FailureCode::io_failed, "the file of an upload is shorter than it was");
        hash->update(std::span(room).first(got));
        at += got;
    }
    return hash;
}

} // namespace

Result<std::unique_ptr<UploadFile>> UploadFile::open(Disk& disk, const std::string& folder, const std::string& id,
                                                     std::uint64_t offset, std::unique_ptr<RunningSha256> hash) {
    const std::string path = folder + "/" + id;
    auto file = TRY(offset == 0 ? disk.create(path) : disk.reopen(path, offset));
    if (hash == nullptr) hash = TRY(hash_of(*file, offset));
    return std::unique_ptr<UploadFile>(
        new UploadFile(disk, folder, std::move(file), offset, offset != 0, std::move(hash)));
}

Status UploadFile::append(std::span<const char> bytes) {
    TRY(file_->append(std::as_bytes(bytes)));
    hash_->update(std::as_bytes(bytes));
    size_ += bytes.size();
    since_writeback_ += bytes.size();
    if (since_writeback_ >= kWritebackBytes) {
        file_->begin_writeback();
        since_writeback_ = 0;
    }
    return {};
}

Status UploadFile::sync() {
    TRY(file_->sync());
    if (!named_) TRY(disk_.sync_dir(folder_));
    named_ = true;
    return {};
}

} // namespace inlet
