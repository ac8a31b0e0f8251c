// Signals as a file descriptor (signalfd), so that nothing runs inside a signal handler.
#include "app/interrupts.hpp"

#include <csignal>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "base/result.hpp"

namespace inlet {

namespace {

sigset_t ending_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

} // namespace

Interrupts::Interrupts() {
    const sigset_t set = ending_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    stop_ = ::eventfd(0, EFD_CLOEXEC);
    signals_ = ::signalfd(-1, &set, SFD_CLOEXEC);
    CHECK(stop_ >= 0 && signals_ >= 0);
    thread_ = std::thread([this] { watch(); });
}

Interrupts::~Interrupts() {
    const std::uint64_t one = 1;
    CHECK(::write(stop_, &one, sizeof one) == sizeof one);
    thread_.join();
    ::close(stop_);
    ::close(signals_);
    const sigset_t set = ending_signals();
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Interrupts::at_end(std::function<void()> clean) {
    const std::lock_guard lock(mutex_);
    clean_ = std::move(clean);
}

void Interrupts::say(std::string what) {
    const std::lock_guard lock(mutex_);
    what_ = std::move(what);
}

Interrupts::Asked Interrupts::wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    awaited_ = true;
    coming_.wait_for(lock, time, [&] { return came_ || reload_; });
    if (came_) return Asked::end;
    return std::exchange(reload_, false) ? Asked::reload : Asked::nothing;
}

void Interrupts::watch() {
    std::array<pollfd, 2> sources{{{.fd = stop_, .events = POLLIN}, {.fd = signals_, .events = POLLIN}}};
    signalfd_siginfo signal{};
    std::unique_lock lock(mutex_, std::defer_lock);
    for (;;) {
        while (::poll(sources.data(), sources.size(), -1) < 0) {
        }
        if ((sources[1].revents & POLLIN) == 0 || ::read(signals_, &signal, sizeof signal) != sizeof signal) return;
        lock.lock();
        const bool reload = signal.ssi_signo == SIGHUP;
        if (!awaited_ || (came_ && !reload)) break;
        (reload ? reload_ : came_) = true;
        coming_.notify_all();
        lock.unlock();
    }
    if (clean_) clean_();
    // Over a bar that may stand there.
    std::string line = ::isatty(STDERR_FILENO) == 1 ? "\r\x1b[K" : "";
    line += what_.empty() ? "interrupted\n" : "interrupted: " + what_ + "\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    ::_exit(128 + static_cast<int>(signal.ssi_signo));
}

} // namespace inlet
