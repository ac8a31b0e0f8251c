// HTTP/1.1 (RFC 9110, RFC 9112) on sockets, with TLS or without: keep-alive, pipelining, chunked bodies, bounds on all
// that a client can send or leave undone. Floor 5. Runs on threads of its own between start() and its end.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/requests.hpp"
#include "contract/server_config.hpp"
#include "http/router.hpp"
#include "http/tls.hpp"

namespace inlet::http {

struct Listener {
    ListenAddress address;
    unsigned mode = 0600; // of a Unix socket
    int descriptor = -1;  // a socket that listens already, now the server's; then the address says only `tls`
    bool trusted = false; // a Unix socket whose clients are the users that the system says they are
};

// What may be changed while it runs.
struct ServerSettings {
    ServerLimits limits; // `uploads`, `calls` and `waiting` stay as they were at the start
    Cors cors;
    std::string challenge = "Bearer realm=\"inlet\""; // WWW-Authenticate (RFC 9110, section 11.6.1)
    TrustedProxies proxies;
    std::shared_ptr<const TlsContext> tls; // shared with the connections made while it stands; null: none
};

struct ServerOptions {
    std::vector<Listener> listeners;
    std::size_t io_threads = 1;
    std::size_t body_block_bytes = 128 << 10; // a body is handed on in blocks of up to this size
    // Where answers to requests with an Idempotency-Key are kept; null: that header says nothing.
    Requests* requests = nullptr;
    // What is free where bodies are kept; empty, or nothing: not known.
    std::function<std::optional<std::uint64_t>()> disk_free_bytes;
    std::chrono::seconds feed_idle{15}; // without anything to send on a feed; then a sign of life
    ServerSettings settings;
};

// What was answered, for the log.
struct Served {
    const Request* request = nullptr; // null: it could not be read
    const Route* route = nullptr;     // null: there is none for it, or it was refused before
    unsigned status = 0;
    std::optional<FailureCode> failure; // that it was answered with
    std::int64_t submission = 0;        // see Response
    double seconds = 0;                 // from its headers to the end of the answer
    std::uint64_t bytes_received = 0;   // over the wire, since the connection's request before
    std::uint64_t bytes_sent = 0;       // the same
};

// How things stand, and what was since the start.
struct HttpLoad {
    std::size_t connections = 0;
    std::size_t requests = 0; // under way
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0; // connections that were closed at once: their address has as many as it may
};

class HttpServer {
public:
    // Called on a pool thread before a route that is not open: whether the request may go on, and as whose.
    using Guard = std::function<Status(Request& request)>;
    // Called on a pool thread after a route that has an `action`, before its answer goes out: writes the act down. If
    // that fails, so does the call.
    using Witness = std::function<Status(const Route& route, const Request& request, const Response& response)>;
    // Called on an I/O thread; must not block.
    using Log = std::function<void(const Served& served)>;

    // Listens when it returns. `router` is borrowed. Errors: bad-argument (the address), io-failed.
    static Result<std::unique_ptr<HttpServer>> start(ServerOptions options, const Router& router, Guard guard,
                                                     Witness witness, Log log);
    ~HttpServer(); // as stop()
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // "http://127.0.0.1:8080", "unix:/run/inlet.sock", in the order of the listeners.
    std::vector<std::string> addresses() const;
    // For requests that begin from now on, and TLS for connections.
    void change(ServerSettings settings);
    // How long no request has been under way; nothing while one is.
    std::optional<std::chrono::milliseconds> idle() const;
    HttpLoad load() const;
    // Whether every I/O thread answers within that time.
    bool responds(std::chrono::milliseconds time) const;
    // Takes no new request, closes what is idle, lets running calls finish. After limits.stop_time what is still being
    // sent or received is cut off; returns once no call runs.
    void stop();

private:
    class Impl;
    explicit HttpServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace inlet::http
