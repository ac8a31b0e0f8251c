// The machine's file system by POSIX calls, unbuffered: what append() took is in the system's page cache when it
// returns. Floor 0. PosixDisk holds no state, so every thread may use it at once.
#include "base/disk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <random>
#include <system_error>

#include <fmt/format.h>

namespace inlet {

namespace {

std::unexpected<Error> failed(std::string_view doing, std::string_view path, int error) {
    const FailureCode code = error == ENOSPC || error == EDQUOT ? FailureCode::disk_full : FailureCode::io_failed;
    return fail(code, fmt::format("cannot {} {}: {}", doing, path, std::generic_category().message(error)));
}

// Repeats a call that a signal broke off.
template <class Call>
auto unbroken(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        // Not repeated on EINTR: Linux has let go of the number by then, and another thread may own it already.
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

class PosixFile final : public File {
public:
    PosixFile(int fd, std::string path, std::uint64_t written = 0)
        : fd_(fd), path_(std::move(path)), written_(written), started_(written) {}

    Status append(std::span<const std::byte> bytes) override {
        // By position, so that an append that failed half way is overwritten by the next one.
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t wrote = unbroken([&] {
                return ::pwrite(fd_.get(), bytes.data() + done, bytes.size() - done,
                                static_cast<off_t>(written_ + done));
            });
            if (wrote < 0) return failed("write", path_, errno);
            done += static_cast<std::size_t>(wrote);
        }
        written_ += done;
        return {};
    }

    Result<std::size_t> pread(std::span<std::byte> bytes, std::uint64_t offset) const override {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t got = unbroken([&] {
                return ::pread(fd_.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
            });
            if (got < 0) return failed("read", path_, errno);
            if (got == 0) break;
            done += static_cast<std::size_t>(got);
        }
        return done;
    }

    Result<std::uint64_t> size() const override {
        struct stat status{};
        if (::fstat(fd_.get(), &status) != 0) return failed("look at", path_, errno);
        return static_cast<std::uint64_t>(status.st_size);
    }

    Status sync() override {
        // Linux reports a failed write-back once and then forgets the pages, so a second sync would succeed without
        // cause.
        if (sync_error_ != 0) return failed("sync", path_, sync_error_);
        if (unbroken([&] { return ::fdatasync(fd_.get()); }) != 0) {
            sync_error_ = errno;
            return failed("sync", path_, sync_error_);
        }
        return {};
    }

    void begin_writeback() override {
        if (written_ == started_) return;
        // Only advice: whether it worked shows in sync().
        ::sync_file_range(fd_.get(), static_cast<off_t>(started_), static_cast<off_t>(written_ - started_),
                          SYNC_FILE_RANGE_WRITE);
        started_ = written_;
    }

private:
    Descriptor fd_;
    std::string path_;
    std::uint64_t written_ = 0; // bytes appended
    std::uint64_t started_ = 0; // bytes handed to begin_writeback
    int sync_error_ = 0;
};

std::int64_t microseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1'000; }

class PosixDisk final : public Disk {
public:
    Result<std::unique_ptr<File>> create(const std::string& path) override {
        const int fd = unbroken([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644); });
        if (fd < 0) return failed("create", path, errno);
        return std::make_unique<PosixFile>(fd, path);
    }

    Result<std::unique_ptr<File>> open(const std::string& path) const override {
        const int fd = unbroken([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); });
        if (fd < 0 && errno == ENOENT)
            return fail(FailureCode::file_not_found, fmt::format("there is no file {}", path));
        if (fd < 0) return failed("open", path, errno);
        return std::make_unique<PosixFile>(fd, path);
    }

    Result<std::unique_ptr<File>> reopen(const std::string& path, std::uint64_t size) override {
        const int fd = unbroken([&] { return ::open(path.c_str(), O_RDWR | O_CLOEXEC); });
        if (fd < 0 && errno == ENOENT)
            return fail(FailureCode::file_not_found, fmt::format("there is no file {}", path));
        if (fd < 0) return failed("open", path, errno);
        auto file = std::make_unique<PosixFile>(fd, path, size);
        const std::uint64_t there = TRY(file->size());
        if (there < size) {
            return fail(FailureCode::io_failed,
                        fmt::format("{} has {} bytes, and had at least {} before", path, there, size));
        }
        if (there > size && unbroken([&] { return ::ftruncate(fd, static_cast<off_t>(size)); }) != 0)
            return failed("shorten", path, errno);
        return file;
    }

    Status rename(const std::string& from, const std::string& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename", fmt::format("{} to {}", from, to), errno);
        return {};
    }

    Status remove(const std::string& path) override {
        if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) return failed("remove", path, errno);
        return {};
    }

    Status remove_tree(const std::string& path) override {
        std::error_code error;
        std::filesystem::remove_all(path, error);
        if (error) return failed("remove", path, error.value());
        return {};
    }

    Status make_dirs(const std::string& path) override {
        std::error_code error;
        std::filesystem::create_directories(path, error);
        if (error) return failed("make the folder", path, error.value());
        return {};
    }

    Status sync_dir(const std::string& path) override {
        const Descriptor fd(unbroken([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
        if (fd.get() < 0) return failed("sync the folder", path, errno);
        // EINVAL: a file system that has no such thing (some network ones); there is nothing better to do there.
        if (unbroken([&] { return ::fsync(fd.get()); }) != 0 && errno != EINVAL)
            return failed("sync the folder", path, errno);
        return {};
    }

    Result<std::vector<DirEntry>> list(const std::string& path) const override {
        std::vector<DirEntry> entries;
        const auto close_dir = [](DIR* dir) { ::closedir(dir); };
        const std::unique_ptr<DIR, decltype(close_dir)> dir(::opendir(path.c_str()), close_dir);
        if (!dir) {
            if (errno == ENOENT) return entries;
            return failed("list", path, errno);
        }
        for (;;) {
            errno = 0;
            const dirent* item = ::readdir(dir.get());
            if (item == nullptr) {
                if (errno != 0) return failed("list", path, errno);
                break;
            }
            const std::string_view name = item->d_name;
            if (name == "." || name == "..") continue;
            struct stat status{};
            if (::fstatat(::dirfd(dir.get()), item->d_name, &status, 0) != 0 &&
                ::fstatat(::dirfd(dir.get()), item->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
                if (errno == ENOENT) continue; // removed by another since
                return failed("look at", fmt::format("{}/{}", path, name), errno);
            }
            const bool is_directory = S_ISDIR(status.st_mode);
            entries.push_back({.name = std::string(name),
                               .is_directory = is_directory,
                               .size = is_directory ? 0 : static_cast<std::uint64_t>(status.st_size),
                               .modified_us = microseconds(status.st_mtim)});
        }
        std::ranges::sort(entries, {}, &DirEntry::name);
        return entries;
    }

    Result<bool> exists(const std::string& path) const override {
        struct stat status{};
        if (::stat(path.c_str(), &status) == 0) return true;
        if (errno == ENOENT || errno == ENOTDIR) return false;
        return failed("look at", path, errno);
    }
};

} // namespace

std::unique_ptr<Disk> make_posix_disk() { return std::make_unique<PosixDisk>(); }

std::string temporary_name(std::string_view parent, std::string_view prefix) {
    std::random_device random;
    const std::uint64_t number = std::uint64_t{random()} << 32 | random();
    return fmt::format("{}/{}-{:016x}", parent, prefix, number);
}

} // namespace inlet
