#include "http/forwarded.hpp"

#include <gtest/gtest.h>

namespace inlet::http {
namespace {

TrustedProxies trusting(std::initializer_list<const char*> ranges, TrustedProxies::Header header = {}) {
    TrustedProxies proxies{.addresses = {}, .unix_sockets = false, .header = header};
    for (const char* range : ranges) proxies.addresses.push_back(*AddressRange::parse(range));
    return proxies;
}

std::string client(const std::string& peer, std::initializer_list<std::pair<const char*, const char*>> sent,
                   const TrustedProxies& proxies) {
    Headers headers;
    for (const auto& [name, value] : sent) headers.add(name, value);
    const Client found = client_of(peer, headers, proxies);
    return found.address + (found.relayed ? " relayed" : "");
}

TEST(Forwarded, NobodyIsBelievedWhoIsNotTrusted) {
    const TrustedProxies none;
    EXPECT_EQ(client("192.0.2.1", {}, none), "192.0.2.1");
    EXPECT_EQ(client("192.0.2.1", {{"X-Forwarded-For", "203.0.113.9"}}, none), "192.0.2.1 relayed");
    EXPECT_EQ(client("192.0.2.1", {{"forwarded", "for=203.0.113.9"}}, none), "192.0.2.1 relayed");
    EXPECT_EQ(client("192.0.2.1", {{"X-Real-IP", "203.0.113.9"}}, trusting({"10.0.0.0/8"})), "192.0.2.1 relayed");
    EXPECT_EQ(client("", {{"X-Forwarded-For", "203.0.113.9"}}, trusting({"0.0.0.0/0"})), " relayed") << "Unix socket";
}

TEST(Forwarded, TheChainIsReadFromItsEndUpToWhoIsNotTrusted) {
    const TrustedProxies proxies = trusting({"10.0.0.0/8", "2001:db8::/32"});
    EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "203.0.113.9"}}, proxies), "203.0.113.9");
    EXPECT_EQ(client("10.0.0.1", {{"x-forwarded-for", "1.1.1.1, 203.0.113.9, 10.0.0.7"}}, proxies), "203.0.113.9")
        << "what stands before it the client has written itself";
    EXPECT_EQ(
        client("10.0.0.1", {{"X-Forwarded-For", "1.1.1.1"}, {"X-Forwarded-For", "203.0.113.9,10.2.0.0"}}, proxies),
        "203.0.113.9")
        << "headers of one name are one list";
    EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "10.0.0.9, 10.0.0.8"}}, proxies), "10.0.0.9")
        << "a client inside";
    EXPECT_EQ(client("2001:db8::5", {{"X-Forwarded-For", "[2001:DB9::1]:443"}}, proxies), "2001:db9::1");
    EXPECT_EQ(client("::ffff:10.0.0.1", {{"X-Forwarded-For", "203.0.113.9:4711"}}, proxies), "203.0.113.9");
}

TEST(Forwarded, WhereTheChainHidesTheLastThatIsKnownCounts) {
    const TrustedProxies proxies = trusting({"10.0.0.0/8"});
    EXPECT_EQ(client("10.0.0.1", {}, proxies), "10.0.0.1");
    EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", ""}}, proxies), "10.0.0.1");
    EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "203.0.113.9, unknown"}}, proxies), "10.0.0.1");
    EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "203.0.113.9, unknown, 10.0.0.2"}}, proxies), "10.0.0.2");
}

TEST(Forwarded, TheHeaderOfRfc7239) {
    const TrustedProxies proxies = trusting({"10.0.0.0/8"}, TrustedProxies::Header::forwarded);
    EXPECT_EQ(client("10.0.0.1", {{"Forwarded", "for=203.0.113.9;proto=https;by=10.0.0.1"}}, proxies), "203.0.113.9");
    EXPECT_EQ(client("10.0.0.1", {{"Forwarded", R"(for="[2001:db8::17]:4711", For=10.0.0.3)"}}, proxies),
              "2001:db8::17");
    EXPECT_EQ(client("10.0.0.1", {{"Forwarded", R"(for=1.1.1.1;ext="a,b;for=2.2.2.2")"}}, proxies), "1.1.1.1");
    EXPECT_EQ(client("10.0.0.1", {{"Forwarded", "for=203.0.113.9, for=_hidden"}}, proxies), "10.0.0.1");
    EXPECT_EQ(client("10.0.0.1", {{"Forwarded", "proto=https"}}, proxies), "10.0.0.1");
    EXPECT_EQ(client("10.0.0.1", {{"X-Forwarded-For", "203.0.113.9"}}, proxies), "10.0.0.1")
        << "a client could have written it: the proxy writes the other";
}

TEST(Forwarded, UnixSocketsCanBeTrusted) {
    TrustedProxies proxies = trusting({"10.0.0.0/8"});
    proxies.unix_sockets = true;
    EXPECT_EQ(client("", {{"X-Forwarded-For", "203.0.113.9"}}, proxies), "203.0.113.9");
    EXPECT_EQ(client("", {}, proxies), "");
}

} // namespace
} // namespace inlet::http
