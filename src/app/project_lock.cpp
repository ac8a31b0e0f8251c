// flock(2), asked again every few milliseconds while another process has it.
#include "app/project_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <system_error>
#include <thread>

#include <fmt/format.h>

namespace inlet {

namespace {

constexpr std::chrono::milliseconds kPause{10};

std::unexpected<Error> failed(std::string_view doing, const std::string& path) {
    const int error = errno;
    return fail(error == ENOSPC || error == EDQUOT ? FailureCode::disk_full : FailureCode::io_failed,
                fmt::format("cannot {} {}: {}", doing, path, std::generic_category().message(error)));
}

// The process that holds a lock on the file, as the kernel lists it ("1: FLOCK ADVISORY WRITE 1234 fe:01:5678 0 EOF");
// 0: not to be seen.
long holder(int descriptor) {
    struct stat file{};
    if (::fstat(descriptor, &file) != 0) return 0;
    const std::string suffix = fmt::format(":{} 0 EOF", file.st_ino);
    std::ifstream locks("/proc/locks");
    for (std::string line; std::getline(locks, line);) {
        if (!line.ends_with(suffix) || line.find("->") != std::string::npos) continue;
        std::array<char, 16> kind{};
        long process = 0;
        if (std::sscanf(line.c_str(), "%*s %15s %*s %*s %ld", kind.data(), &process) == 2 &&
            std::string_view(kind.data()) == "FLOCK") {
            return process;
        }
    }
    return 0;
}

// What the last writer left in the file.
long last_writer(int descriptor) {
    std::array<char, 32> text{};
    const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
    long process = 0;
    if (size > 0) std::from_chars(text.data(), text.data() + size, process);
    return process;
}

} // namespace

Result<std::unique_ptr<ProjectLock>> ProjectLock::take(const std::string& path, Mode mode, double wait_seconds) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0) return failed("open the lock", path);
    std::unique_ptr<ProjectLock> lock(new ProjectLock(descriptor, mode));
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(wait_seconds);
    const int operation = (mode == Mode::exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
    while (::flock(descriptor, operation) != 0) {
        if (errno == EINTR) continue;
        if (errno != EWOULDBLOCK) return failed("lock", path);
        if (std::chrono::steady_clock::now() >= end) {
            long process = holder(descriptor);
            if (process == 0) process = last_writer(descriptor);
            const std::string who = process != 0 ? fmt::format("process {}", process) : std::string("another process");
            Error error(FailureCode::project_locked, who + " is using the project's data");
            if (process != 0) error.context.emplace_back("process", std::to_string(process));
            return fail(std::move(error).with("lock", path));
        }
        std::this_thread::sleep_for(kPause);
    }
    if (mode == Mode::exclusive) {
        const std::string text = fmt::format("{}\n", ::getpid());
        if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, text.data(), text.size(), 0) < 0)
            return failed("write", path);
    }
    return lock;
}

ProjectLock::~ProjectLock() { ::close(descriptor_); }

} // namespace inlet
