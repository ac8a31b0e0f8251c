// The system's calls that take a folder's descriptor and a name.
#include "fronts/folder/open_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace inlet::folder {

namespace {

constexpr std::size_t kBlockBytes = 256 << 10;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

FailureCode code_of(int error) {
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return FailureCode::disk_full;
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ESTALE:
        return FailureCode::folder_unavailable;
    default:
        return FailureCode::io_failed;
    }
}

std::unexpected<Error> failed(std::string_view doing, std::string_view path, int error) {
    return fail(code_of(error), fmt::format("cannot {} {}: {}", doing, path, std::generic_category().message(error)));
}

// Repeats a call that a signal broke off.
template <class Call>
auto unbroken(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

FileMark mark_of(const struct stat& status) {
    return {.inode = status.st_ino,
            .size = static_cast<std::uint64_t>(status.st_size),
            .modified_ns = nanoseconds(status.st_mtim),
            .changed_ns = nanoseconds(status.st_ctim)};
}

FolderEntry entry_of(std::string name, const struct stat& status) {
    using Kind = FolderEntry::Kind;
    const Kind kind = S_ISREG(status.st_mode)   ? Kind::file
                      : S_ISDIR(status.st_mode) ? Kind::folder
                      : S_ISLNK(status.st_mode) ? Kind::link
                                                : Kind::other;
    return {.name = std::move(name), .kind = kind, .names = status.st_nlink, .mark = mark_of(status)};
}

Status write_all(int file, std::string_view path, ByteSource& bytes) {
    std::vector<char> block(kBlockBytes);
    while (const std::size_t count = TRY(bytes.read(block))) {
        for (std::size_t done = 0; done < count;) {
            const ssize_t wrote = unbroken([&] { return ::write(file, block.data() + done, count - done); });
            if (wrote < 0) return failed("write", path, errno);
            done += static_cast<std::size_t>(wrote);
        }
    }
    if (unbroken([&] { return ::fsync(file); }) != 0) return failed("sync", path, errno);
    return {};
}

} // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

Result<FileMark> FolderFile::mark() const {
    struct stat status{};
    if (::fstat(descriptor_.get(), &status) != 0) return failed("look at", path_, errno);
    return mark_of(status);
}

Result<std::size_t> FolderFile::read(std::span<char> room) {
    const ssize_t count = unbroken([&] { return ::read(descriptor_.get(), room.data(), room.size()); });
    if (count < 0) return failed("read", path_, errno);
    return static_cast<std::size_t>(count);
}

Result<OpenFolder> OpenFolder::open(const std::string& path) {
    Descriptor descriptor(unbroken([&] { return ::open(path.c_str(), kFolderFlags); }));
    if (!descriptor) return failed("open the folder", path, errno);
    return OpenFolder(std::move(descriptor), path);
}

Result<OpenFolder> OpenFolder::below(const std::string& path) const {
    Descriptor at(unbroken([&] { return ::openat(descriptor_.get(), ".", kFolderFlags); }));
    if (!at) return failed("open the folder", path_, errno);
    std::string reached = path_;
    for (const std::filesystem::path& part : std::filesystem::path(path)) {
        reached += "/" + part.string();
        if (::mkdirat(at.get(), part.c_str(), 0777) != 0 && errno != EEXIST)
            return failed("make the folder", reached, errno);
        Descriptor next(unbroken([&] { return ::openat(at.get(), part.c_str(), kFolderFlags | O_NOFOLLOW); }));
        if (!next) return failed("open the folder", reached, errno);
        at = std::move(next);
    }
    return OpenFolder(std::move(at), std::move(reached));
}

Result<OpenFolder> OpenFolder::make(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return failed("make the folder", path, error.value());
    Descriptor descriptor(unbroken([&] { return ::open(path.c_str(), kFolderFlags | O_NOFOLLOW); }));
    if (!descriptor) return failed("open the folder", path, errno);
    return OpenFolder(std::move(descriptor), path);
}

bool OpenFolder::still_there() const {
    struct stat mine{};
    struct stat theirs{};
    return ::fstat(descriptor_.get(), &mine) == 0 && ::stat(path_.c_str(), &theirs) == 0 &&
           mine.st_dev == theirs.st_dev && mine.st_ino == theirs.st_ino;
}

Result<std::vector<FolderEntry>> OpenFolder::list() const {
    // A descriptor of its own: reading a folder moves a position that all copies of a descriptor share.
    const int copy = unbroken([&] { return ::openat(descriptor_.get(), ".", kFolderFlags); });
    if (copy < 0) return failed("list", path_, errno);
    const auto close_dir = [](DIR* dir) { ::closedir(dir); };
    const std::unique_ptr<DIR, decltype(close_dir)> dir(::fdopendir(copy), close_dir);
    if (!dir) {
        const int error = errno;
        ::close(copy);
        return failed("list", path_, error);
    }
    std::vector<FolderEntry> entries;
    for (;;) {
        errno = 0;
        const dirent* item = ::readdir(dir.get());
        if (item == nullptr) {
            if (errno != 0) return failed("list", path_, errno);
            break;
        }
        const std::string name = item->d_name;
        if (name == "." || name == "..") continue;
        if (auto entry = TRY(find(name))) entries.push_back(std::move(*entry));
    }
    std::ranges::sort(entries, {}, &FolderEntry::name);
    return entries;
}

Result<std::optional<FolderEntry>> OpenFolder::find(const std::string& name) const {
    struct stat status{};
    if (::fstatat(descriptor_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return std::nullopt;
        return failed("look at", fmt::format("{}/{}", path_, name), errno);
    }
    return entry_of(name, status);
}

Result<FolderFile> OpenFolder::read(const std::string& name) const {
    const std::string path = fmt::format("{}/{}", path_, name);
    // O_NONBLOCK: opening a pipe must not wait for somebody who writes into it.
    Descriptor descriptor(unbroken([&] {
        return ::openat(descriptor_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }));
    if (!descriptor && errno == ENOENT)
        return fail(FailureCode::file_not_found, fmt::format("there is no file {}", path));
    if (!descriptor && errno == ELOOP) return fail(FailureCode::not_a_file, fmt::format("{} is a link", path));
    if (!descriptor)
        return fail(FailureCode::io_failed,
                    fmt::format("cannot read {}: {}", path, std::generic_category().message(errno)));
    struct stat status{};
    if (::fstat(descriptor.get(), &status) != 0) return failed("look at", path, errno);
    if (!S_ISREG(status.st_mode)) return fail(FailureCode::not_a_file, fmt::format("{} is no plain file", path));
    return FolderFile(std::move(descriptor), path);
}

Status OpenFolder::write(const std::string& name, ByteSource& bytes) const {
    const std::string path = fmt::format("{}/{}", path_, name);
    const std::string beside = fmt::format(".{}.inlet-tmp", name);
    // What lies there is of an attempt before, or was put there to lead us elsewhere.
    TRY(remove(beside));
    const Descriptor file(unbroken([&] {
        return ::openat(descriptor_.get(), beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    }));
    if (!file) return failed("create", path, errno);
    Status written = write_all(file.get(), path, bytes);
    if (written && ::renameat(descriptor_.get(), beside.c_str(), descriptor_.get(), name.c_str()) != 0)
        written = failed("rename to", path, errno);
    if (!written) {
        (void)remove(beside);
        return written;
    }
    return sync();
}

Status OpenFolder::remove(const std::string& name) const {
    if (::unlinkat(descriptor_.get(), name.c_str(), 0) != 0 && errno != ENOENT)
        return failed("remove", fmt::format("{}/{}", path_, name), errno);
    return {};
}

Result<bool> OpenFolder::move(const std::string& from, const std::string& to) const {
    const int folder = descriptor_.get();
    if (::renameat2(folder, from.c_str(), folder, to.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno == EEXIST) return false;
    // Not every file system knows that call.
    if (errno == EINVAL || errno == ENOSYS) {
        if (TRY(find(to))) return false;
        if (::renameat(folder, from.c_str(), folder, to.c_str()) == 0) return true;
    }
    return failed("rename", fmt::format("{}/{}", path_, from), errno);
}

Status OpenFolder::sync() const {
    // EINVAL: a file system that has no such thing (some network ones); there is nothing better to do there.
    if (unbroken([&] { return ::fsync(descriptor_.get()); }) != 0 && errno != EINVAL)
        return failed("sync the folder", path_, errno);
    return {};
}

} // namespace inlet::folder
