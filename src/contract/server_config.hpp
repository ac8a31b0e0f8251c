// What the `server` section of inlet.yaml says, as values. Floor 1; immutable once read.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log_level.hpp"
#include "contract/address_range.hpp"

namespace inlet {

// Where to listen.
struct ListenAddress {
    enum class Tls : std::uint8_t { if_configured, never, always };
    std::string text;       // as written
    std::string host;       // an IP address
    std::uint16_t port = 0; // 0: any that is free
    std::string path;       // of a Unix socket, absolute; then there is no host
    Tls tls = Tls::if_configured;

    bool operator==(const ListenAddress&) const = default;
};

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080", "*:8080" (every address of the machine), each with "http://" or
// "https://" before it if it is not to follow the `tls` section; "unix:/run/inlet.sock". Nothing for anything else.
std::optional<ListenAddress> parse_listen_address(std::string_view text);

struct TlsConfig {
    std::string certificate; // path, absolute: PEM, the server's first, then those that lead to the root
    std::string key;         // path, absolute: PEM
    bool only_tls13 = false;

    bool operator==(const TlsConfig&) const = default;
};

// Of one client. Nothing: as much as it likes.
struct ClientRates {
    std::optional<std::uint64_t> connections; // at once
    std::optional<std::uint64_t> requests_per_second;
    std::optional<std::uint64_t> burst; // requests at once after a pause; ten seconds' worth unless said
    std::optional<std::uint64_t> bytes_per_second;

    bool operator==(const ClientRates&) const = default;
};

struct ServerLimits {
    std::size_t connections = 10'000;
    std::size_t uploads = 64;   // calls with large bodies at once
    std::size_t calls = 8;      // other calls at once
    std::size_t waiting = 1024; // of each kind that wait for their turn
    std::size_t header_bytes = 32 << 10;
    std::optional<std::uint64_t> body_bytes;
    std::uint64_t small_bytes = 1 << 20;  // the body of a call that takes it into memory
    std::uint64_t body_rate = 500;        // bytes a second that a body must bring on average over body_time
    std::uint64_t disk_free = 256 << 20;  // bytes that deliveries leave free where the data is kept
    std::chrono::seconds header_time{15}; // from a request's first byte to the end of its headers; a TLS handshake
    std::chrono::seconds idle_time{75};   // between two requests
    std::chrono::seconds body_time{60};   // without a byte of a body
    std::chrono::seconds send_time{60};   // without the client taking any of an answer
    std::chrono::seconds stop_time{30};   // for what is under way when the server is told to end
    ClientRates per_address;
    ClientRates per_principal;

    bool operator==(const ServerLimits&) const = default;
};

// Which web pages' scripts may call the server (the Fetch standard, "CORS protocol").
struct Cors {
    std::vector<std::string> origins; // "https://app.example.org", or "*" alone
    std::chrono::seconds max_age{600};

    bool operator==(const Cors&) const = default;
};

// What is worked on at once, and how often it is tried.
struct JobLimits {
    std::size_t running = 2;                // submissions at once; small records aside
    std::uint64_t memory_bytes = 128 << 20; // for their checks together
    std::size_t retries = 10;               // after failures that may pass

    bool operator==(const JobLimits&) const = default;
};
inline constexpr std::uint64_t kJobMemoryLeast = 16 << 20; // for each

// The malware scanner that deliveries are shown to.
struct ScanConfig {
    enum class OnFailure : std::uint8_t { hold, reject }; // when it does not answer
    enum class OnFound : std::uint8_t { quarantine, remove };
    std::string clamd_path; // of a Unix socket, absolute; then there is no host
    std::string clamd_host; // an IP address
    std::uint16_t clamd_port = 0;
    OnFailure on_failure = OnFailure::hold;
    OnFound on_found = OnFound::quarantine;
    bool records = false;              // small submissions too
    std::chrono::seconds time_out{60}; // without the scanner taking bytes or answering

    bool operator==(const ScanConfig&) const = default;
};

// Proxies in front of the server, who are believed when they say which client they speak for.
struct TrustedProxies {
    enum class Header : std::uint8_t { x_forwarded_for, forwarded }; // the one that they all set; forwarded: RFC 7239
    std::vector<AddressRange> addresses;
    bool unix_sockets = false; // whoever connects through a socket of `listen`
    Header header = Header::x_forwarded_for;

    // `address` as Request::peer has it; empty: a Unix socket.
    bool trusts(std::string_view address) const;
    bool operator==(const TrustedProxies&) const = default;
};

struct MetricsConfig {
    std::vector<ListenAddress> listen;                  // where nothing but /metrics and the probes is answered
    std::vector<AddressRange> from = loopback_ranges(); // who needs no key for /metrics at the other addresses

    bool operator==(const MetricsConfig&) const = default;
};

struct LogConfig {
    std::optional<LogFormat> format; // nothing: text at a terminal, else json
    LogLevel level = LogLevel::info;
    bool access = true; // a line for each request; else for failed ones alone

    bool operator==(const LogConfig&) const = default;
};

struct ServerConfig {
    std::vector<ListenAddress> listen; // empty: 127.0.0.1:8080
    unsigned socket_mode = 0600;       // of Unix sockets
    std::optional<TlsConfig> tls;
    ServerLimits limits;
    Cors cors;
    JobLimits jobs;
    std::optional<ScanConfig> scan;
    std::size_t threads = 1; // that read and write connections
    TrustedProxies proxies;
    MetricsConfig metrics;
    LogConfig log;

    bool operator==(const ServerConfig&) const = default;
};

} // namespace inlet
