// The service manager that started the program, if one did: sockets that it opened (sd_listen_fds(3)), what it is told
// (sd_notify(3)) and how often it wants to hear (sd_watchdog_enabled(3)). The protocols are a few variables and
// datagrams, so that no library is needed. Floor 7; one thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inlet {

class Systemd {
public:
    using Variable = std::function<const char*(const char* name)>; // null: not set
    // What the environment says to the process `self`.
    Systemd(const Variable& variable, pid_t self);
    ~Systemd();
    Systemd(const Systemd&) = delete;
    Systemd& operator=(const Systemd&) = delete;

    // Descriptors of listening sockets, now the program's.
    const std::vector<int>& sockets() const { return sockets_; }
    // It ends the program if it does not hear alive() for so long.
    std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

    // Nobody minds if it does not hear these.
    void ready() const { send("READY=1"); }
    void reloading() const; // ready() says the end of it
    void stopping() const { send("STOPPING=1"); }
    void alive() const { send("WATCHDOG=1"); }

private:
    void send(std::string_view text) const;

    std::vector<int> sockets_;
    std::optional<std::chrono::microseconds> watchdog_;
    std::string address_;
    int sender_ = -1;
};

} // namespace inlet
