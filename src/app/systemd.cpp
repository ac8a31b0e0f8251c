#include "app/systemd.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstring>
#include <ctime>

#include <fmt/format.h>

namespace inlet {

namespace {

constexpr int kFirstSocket = 3; // SD_LISTEN_FDS_START
constexpr int kSocketsMost = 256;

std::optional<std::int64_t> number(const char* text) {
    if (text == nullptr) return std::nullopt;
    std::int64_t value = 0;
    const char* const end = text + std::strlen(text);
    const auto [stop, error] = std::from_chars(text, end, value);
    if (error != std::errc() || stop != end || stop == text) return std::nullopt;
    return value;
}

} // namespace

Systemd::Systemd(const Variable& variable, pid_t self) {
    const auto count = number(variable("LISTEN_FDS"));
    if (number(variable("LISTEN_PID")) == self && count) {
        for (int i = 0; i < *count && i < kSocketsMost; ++i) {
            (void)::fcntl(kFirstSocket + i, F_SETFD, FD_CLOEXEC);
            sockets_.push_back(kFirstSocket + i);
        }
    }
    const auto time = number(variable("WATCHDOG_USEC"));
    const char* const whose = variable("WATCHDOG_PID");
    if (time && *time > 0 && (whose == nullptr || number(whose) == self)) watchdog_ = std::chrono::microseconds(*time);
    if (const char* address = variable("NOTIFY_SOCKET"); address != nullptr && (*address == '/' || *address == '@')) {
        address_ = address;
        sender_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    }
}

Systemd::~Systemd() {
    if (sender_ >= 0) ::close(sender_);
}

void Systemd::reloading() const {
    timespec now{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &now);
    const std::int64_t microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
    send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", microseconds));
}

void Systemd::send(std::string_view text) const {
    sockaddr_un address{};
    if (sender_ < 0 || address_.size() >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, address_.data(), address_.size());
    if (address_.front() == '@') address.sun_path[0] = '\0'; // an abstract one
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    (void)::sendto(sender_, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
                   size); // as the call wants it
}

} // namespace inlet
