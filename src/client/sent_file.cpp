#include "client/sent_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "base/sha256.hpp"

namespace inlet::client {

namespace {

constexpr std::size_t kHeadBytes = 1 << 20;

std::int64_t changed_at(const struct stat& info) {
    return static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
}

std::unexpected<Error> failed(FailureCode code, const std::string& path) {
    return fail(code, fmt::format("{} cannot be read: {}", path, std::generic_category().message(errno)));
}

} // namespace

Result<std::unique_ptr<SentFile>> SentFile::open(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return failed(FailureCode::file_not_found, path);
    std::unique_ptr<SentFile> file(new SentFile(path, descriptor));
    TRY(file->look());
    return file;
}

SentFile::~SentFile() { ::close(descriptor_); }

Status SentFile::look() {
    struct stat info{};
    if (::fstat(descriptor_, &info) != 0) return failed(FailureCode::io_failed, path_);
    bytes_ = static_cast<std::uint64_t>(info.st_size);
    changed_ns_ = changed_at(info);
    std::string head(std::min<std::uint64_t>(bytes_, kHeadBytes), '\0');
    std::size_t done = 0;
    while (done < head.size()) {
        const std::size_t count = TRY(read(std::span(head).subspan(done), done));
        if (count == 0) break;
        done += count;
    }
    identity_ = fmt::format("{} {} {}", bytes_, changed_ns_, sha256_hex(std::string_view(head).substr(0, done)));
    return {};
}

Result<std::size_t> SentFile::read(std::span<char> room, std::uint64_t offset) const {
    ssize_t count = -1;
    do {
        count = ::pread(descriptor_, room.data(), room.size(), static_cast<off_t>(offset));
    } while (count < 0 && errno == EINTR);
    if (count < 0) return failed(FailureCode::io_failed, path_);
    const std::uint64_t end = offset + static_cast<std::uint64_t>(count);
    if (end >= bytes_ || count == 0) {
        struct stat info{};
        if (::fstat(descriptor_, &info) != 0) return failed(FailureCode::io_failed, path_);
        if (static_cast<std::uint64_t>(info.st_size) != bytes_ || changed_at(info) != changed_ns_)
            return fail(FailureCode::file_malformed,
                        fmt::format("{} was changed while it was sent; nothing of it is loaded", path_));
    }
    return static_cast<std::size_t>(count);
}

} // namespace inlet::client
