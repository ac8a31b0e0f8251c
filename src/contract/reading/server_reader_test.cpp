#include <gtest/gtest.h>

#include "contract/project_reader.hpp"

namespace inlet {
namespace {

class NoFiles final : public FileSource {
    Result<std::string> read(const std::string&) const override {
        return fail(FailureCode::file_not_found, "no such file");
    }
};

auto read(const std::string& server) {
    return parse_project("project: p\ndatasets: {a: {schema: {fields: [{name: x}]}}}\nserver: " + server,
                         "/p/inlet.yaml", NoFiles());
}

std::string mistakes(const std::string& server) {
    const auto project = read(server);
    return project ? "" : to_error(project.error()).message;
}

TEST(ServerSection, IsNotNeeded) {
    const auto project =
        parse_project("project: p\ndatasets: {a: {schema: {fields: [{name: x}]}}}", "inlet.yaml", NoFiles());
    ASSERT_TRUE(project);
    EXPECT_EQ(project->server, ServerConfig());
}

TEST(ServerSection, IsReadAsAWhole) {
    const auto project = read(R"({
  listen: ["127.0.0.1:80", "unix:/run/x.sock"], socket_mode: "0660", threads: 2,
  trusted_proxies: [unix, 10.0.0.0/8, "::1"], forwarded_header: Forwarded,
  metrics: {listen: 127.0.0.1:9090, from: 192.0.2.0/24}, log: {format: text, level: debug, access: false},
  tls: {certificate: tls/cert.pem, key: /etc/key.pem, min_version: "1.3"},
  cors: {origins: "https://a.example", max_age: 1h},
  jobs: {running: 3, memory: 48 MiB, retries: 0},
  scan: {clamd: "[::1]:3310", on_failure: reject, on_found: remove, records: true, time_out: 5s},
  limits: {connections: 5, uploads: 6, calls: 7, waiting: 0, header_bytes: 4 KiB, body_bytes: 2 MB, small_bytes: 10kB,
           body_rate: 0, disk_free: 1 GiB, header_time: 1s, idle_time: 2s, body_time: 3s, send_time: 4s, stop_time: 0s,
           per_address: {connections: 8, requests_per_second: 9, burst: 10, bytes_per_second: 1 MiB},
           per_principal: {requests_per_second: 11}}})");
    ASSERT_TRUE(project) << to_error(project.error()).message;
    const ServerConfig& server = project->server;
    ASSERT_EQ(server.listen.size(), 2);
    EXPECT_EQ(server.listen[1].path, "/run/x.sock");
    EXPECT_EQ(server.socket_mode, 0660U);
    EXPECT_EQ(server.threads, 2);
    EXPECT_TRUE(server.proxies.trusts("10.1.2.3"));
    EXPECT_TRUE(server.proxies.trusts("::1"));
    EXPECT_TRUE(server.proxies.trusts("")) << "Unix sockets";
    EXPECT_FALSE(server.proxies.trusts("192.0.2.1"));
    EXPECT_EQ(server.proxies.header, TrustedProxies::Header::forwarded);
    ASSERT_EQ(server.metrics.listen.size(), 1);
    EXPECT_EQ(server.metrics.listen[0].port, 9090);
    EXPECT_EQ(server.metrics.from, std::vector{*AddressRange::parse("192.0.2.0/24")});
    EXPECT_EQ(server.log, (LogConfig{.format = LogFormat::text, .level = LogLevel::debug, .access = false}));
    EXPECT_EQ(server.tls->certificate, "/p/tls/cert.pem");
    EXPECT_EQ(server.tls->key, "/etc/key.pem");
    EXPECT_TRUE(server.tls->only_tls13);
    EXPECT_EQ(server.cors.origins, std::vector<std::string>{"https://a.example"});
    EXPECT_EQ(server.cors.max_age, std::chrono::hours(1));
    EXPECT_EQ(server.jobs, (JobLimits{.running = 3, .memory_bytes = 48 << 20, .retries = 0}));
    EXPECT_EQ(server.scan, (ScanConfig{.clamd_path = "",
                                       .clamd_host = "::1",
                                       .clamd_port = 3310,
                                       .on_failure = ScanConfig::OnFailure::reject,
                                       .on_found = ScanConfig::OnFound::remove,
                                       .records = true,
                                       .time_out = std::chrono::seconds(5)}));
    const ServerLimits& limits = server.limits;
    EXPECT_EQ(limits.connections, 5);
    EXPECT_EQ(limits.uploads, 6);
    EXPECT_EQ(limits.calls, 7);
    EXPECT_EQ(limits.waiting, 0);
    EXPECT_EQ(limits.header_bytes, 4096);
    EXPECT_EQ(limits.body_bytes, 2'000'000);
    EXPECT_EQ(limits.small_bytes, 10'000);
    EXPECT_EQ(limits.body_rate, 0);
    EXPECT_EQ(limits.disk_free, 1U << 30U);
    EXPECT_EQ(limits.header_time.count() + limits.idle_time.count() * 10 + limits.body_time.count() * 100 +
                  limits.send_time.count() * 1000 + limits.stop_time.count() * 10000,
              4321);
    EXPECT_EQ(limits.per_address,
              (ClientRates{.connections = 8, .requests_per_second = 9, .burst = 10, .bytes_per_second = 1U << 20U}));
    EXPECT_EQ(limits.per_principal, (ClientRates{.requests_per_second = 11}));
}

TEST(ServerSection, MistakesAreNamedWithAWayOut) {
    EXPECT_EQ(mistakes("{listne: 8080}"),
              "/p/inlet.yaml:3:10: unknown key `listne` in `server`; expected listen, "
              "socket_mode, tls, limits, cors, threads, jobs, scan, metrics, trusted_proxies, forwarded_header or "
              "log; did you mean `listen`?");
    EXPECT_NE(mistakes("{trusted_proxies: nginx}").find("a range such as 10.0.0.0/8, or unix; found `nginx`"),
              std::string::npos);
    EXPECT_NE(mistakes("{forwarded_header: Forwarded}").find("goes with `trusted_proxies`"), std::string::npos);
    EXPECT_NE(mistakes("{metrics: {from: 10.0.0.1/8}}").find("or nobody; found `10.0.0.1/8`"), std::string::npos);
    EXPECT_NE(mistakes("{metrics: {listen: 'https://*:1'}}").find("without TLS"), std::string::npos);
    EXPECT_NE(mistakes("{log: {format: xml}}").find("`format` must be json or text"), std::string::npos);
    EXPECT_NE(mistakes("{listen: 8080}").find("must be an address and a port such as 127.0.0.1:8080"),
              std::string::npos);
    EXPECT_NE(mistakes("{listen: 'https://*:443'}").find("there is no `tls`"), std::string::npos);
    EXPECT_NE(mistakes("{tls: {certificate: a.pem}}").find("`key`"), std::string::npos);
    EXPECT_NE(mistakes("{tls: {certificate: a, key: b, min_version: 1.1}}").find("`min_version` must be 1.2 or 1.3"),
              std::string::npos);
    EXPECT_NE(mistakes("{limits: {body_bytes: lots}}").find("a size such as 512 KiB"), std::string::npos);
    EXPECT_NE(mistakes("{limits: {connections: 0}}").find("`connections` must be at least 1"), std::string::npos);
    EXPECT_NE(mistakes("{limits: {idle_time: 0s}}").find("`idle_time` must be at least 1s"), std::string::npos);
    EXPECT_NE(mistakes("{limits: {per_principal: {connections: 3}}}").find("unknown key `connections`"),
              std::string::npos);
    EXPECT_NE(mistakes("{limits: {per_address: {burst: 3}}}").find("goes with `requests_per_second`"),
              std::string::npos);
    EXPECT_NE(mistakes("{cors: {origins: 'https://a.example/path'}}").find("a scheme and a host"), std::string::npos);
    EXPECT_NE(mistakes("{jobs: {running: 4, memory: 48 MiB}}").find("`memory` must be at least 67108864 bytes"),
              std::string::npos);
    EXPECT_NE(mistakes("{scan: {}}").find("`clamd`"), std::string::npos);
    for (const char* address : {"somewhere", "127.0.0.1:0", "https://127.0.0.1:3310"}) {
        EXPECT_NE(mistakes(std::string("{scan: {clamd: '") + address + "'}}").find("`clamd` must be unix:/PATH"),
                  std::string::npos)
            << address;
    }
    EXPECT_NE(mistakes("{scan: {clamd: 'unix:/c', on_failure: publish}}").find("`on_failure` must be hold or reject"),
              std::string::npos);
    EXPECT_NE(mistakes("{socket_mode: '0888'}").find("must be a mode such as \"0660\""), std::string::npos);
}

} // namespace
} // namespace inlet
