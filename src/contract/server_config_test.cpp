#include "contract/server_config.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

TEST(ListenAddress, IsAnAddressAndAPort) {
    const auto plain = parse_listen_address("127.0.0.1:8080");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->host, "127.0.0.1");
    EXPECT_EQ(plain->port, 8080);
    EXPECT_EQ(plain->tls, ListenAddress::Tls::if_configured);
    EXPECT_EQ(parse_listen_address("[::1]:80")->host, "::1");
    EXPECT_EQ(parse_listen_address("localhost:0")->host, "127.0.0.1");
    EXPECT_EQ(parse_listen_address("*:443")->host, "0.0.0.0");
}

TEST(ListenAddress, MaySayWhetherItSpeaksTls) {
    EXPECT_EQ(parse_listen_address("https://*:443")->tls, ListenAddress::Tls::always);
    EXPECT_EQ(parse_listen_address("http://127.0.0.1:80")->tls, ListenAddress::Tls::never);
}

TEST(ListenAddress, MayBeAUnixSocket) {
    const auto address = parse_listen_address("unix:/run/inlet.sock");
    ASSERT_TRUE(address);
    EXPECT_EQ(address->path, "/run/inlet.sock");
    EXPECT_EQ(address->host, "");
}

TEST(ListenAddress, IsNothingElse) {
    for (const char* text : {"", ":", "8080", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:70000", "127.0.0.1:-1",
                             "127.0.0.1:80x", "unix:", "unix:inlet.sock", "unix:/run/", "https://"})
        EXPECT_FALSE(parse_listen_address(text)) << text;
}

} // namespace
} // namespace inlet
