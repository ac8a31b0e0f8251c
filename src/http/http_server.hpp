// HTTP/1.1 (RFC 9110, RFC 9112) on sockets: keep-alive, pipelining, chunked bodies, bounds on all that a client can
// send or leave undone. Floor 5. Runs on threads of its own between start() and its end.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/router.hpp"

namespace inlet::http {

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0; // 0: any that is free
    std::size_t io_threads = 1;
    std::size_t call_threads = 8;   // for calls that end soon
    std::size_t long_threads = 64;  // for calls with large bodies: as many at once
    std::size_t waiting_max = 1024; // calls of each kind that wait for a thread; beyond them: rate-limited
    std::size_t connections_max = 10'000;
    std::size_t header_bytes_max = 32 << 10;
    std::size_t body_block_bytes = 128 << 10; // a body is handed on in blocks of up to this size
    std::chrono::seconds header_time{15};     // from a request's first byte to the end of its headers
    std::chrono::seconds idle_time{75};       // between two requests
    std::chrono::seconds body_time{60};       // without a byte of a body
    std::chrono::seconds send_time{60};       // without the client taking any of an answer
};

// What was answered, for the log.
struct Served {
    const Request* request = nullptr; // null: it could not be read
    unsigned status = 0;
    double seconds = 0; // from its headers to the end of the answer
};

class HttpServer {
public:
    // Called on a pool thread before a route that is not open: whether the request may go on, and as whose.
    using Guard = std::function<Status(Request& request)>;
    // Called on an I/O thread; must not block.
    using Log = std::function<void(const Served& served)>;

    // Listens when it returns. `router` is borrowed. Errors: bad-argument (the address), io-failed.
    static Result<std::unique_ptr<HttpServer>> start(const ServerOptions& options, const Router& router, Guard guard,
                                                     Log log);
    // Takes no new request, closes what is idle, lets running calls finish.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    std::uint16_t port() const;

private:
    class Impl;
    explicit HttpServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace inlet::http
