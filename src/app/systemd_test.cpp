#include "app/systemd.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <map>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace inlet {
namespace {

using Variables = std::map<std::string, std::string>;

Systemd::Variable from(const Variables& variables) {
    return [&variables](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
}

TEST(Systemd, WithoutOneThereIsNothing) {
    const Variables variables;
    const Systemd systemd(from(variables), 77);
    EXPECT_TRUE(systemd.sockets().empty());
    EXPECT_FALSE(systemd.watchdog());
    systemd.ready();
}

TEST(Systemd, SocketsAndWatchdogAreThoseOfThisProcess) {
    const Variables variables{{"LISTEN_PID", "77"}, {"LISTEN_FDS", "0"}, {"WATCHDOG_USEC", "3000000"}};
    const Systemd systemd(from(variables), 77);
    EXPECT_TRUE(systemd.sockets().empty());
    EXPECT_EQ(systemd.watchdog(), std::chrono::seconds(3));
    const Variables others{
        {"LISTEN_PID", "78"}, {"LISTEN_FDS", "2"}, {"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "78"}};
    const Systemd other(from(others), 77);
    EXPECT_TRUE(other.sockets().empty());
    EXPECT_FALSE(other.watchdog());
}

TEST(Systemd, NonsenseIsNothing) {
    const Variables variables{
        {"LISTEN_PID", "77"}, {"LISTEN_FDS", "many"}, {"WATCHDOG_USEC", "0"}, {"NOTIFY_SOCKET", "relative"}};
    const Systemd systemd(from(variables), 77);
    EXPECT_TRUE(systemd.sockets().empty());
    EXPECT_FALSE(systemd.watchdog());
    systemd.ready();
}

TEST(Systemd, HearsWhatItIsTold) {
    const int hearer = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const std::string name = fmt::format("@inlet-test-{}-{}", ::getpid(), std::random_device()());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data() + 1, name.size() - 1);
    ASSERT_EQ(::bind(hearer, reinterpret_cast<const sockaddr*>(&address),
                     static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
              0);
    const Variables variables{{"NOTIFY_SOCKET", name}};
    const Systemd systemd(from(variables), 77);
    const auto heard = [&] {
        char text[200];
        const ssize_t size = ::recv(hearer, text, sizeof text, MSG_DONTWAIT);
        return std::string(text, size < 0 ? 0 : static_cast<std::size_t>(size));
    };
    systemd.ready();
    EXPECT_EQ(heard(), "READY=1");
    systemd.reloading();
    EXPECT_TRUE(heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    systemd.stopping();
    EXPECT_EQ(heard(), "STOPPING=1");
    systemd.alive();
    EXPECT_EQ(heard(), "WATCHDOG=1");
    ::close(hearer);
}

} // namespace
} // namespace inlet
