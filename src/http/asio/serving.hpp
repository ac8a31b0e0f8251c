// What all connections of a server share. Floor 4.
#pragma once

#include <atomic>
#include <set>
#include <thread>

#include <boost/asio/io_context.hpp>

#include "http/asio/calls.hpp"
#include "http/http_server.hpp"

namespace inlet::http {

class Connection;

// An I/O thread and the connections it serves.
struct Loop {
    asio::io_context context{1};
    std::set<Connection*> connections; // on the loop's thread alone
    std::thread thread;
};

struct Serving {
    Serving(const ServerOptions& given, const Router& routes, HttpServer::Guard guarding, HttpServer::Log logging)
        : options(given), router(routes), guard(std::move(guarding)), log(std::move(logging)),
          calls(given.call_threads, given.waiting_max), long_calls(given.long_threads, given.waiting_max) {}

    const ServerOptions options;
    const Router& router;
    const HttpServer::Guard guard;
    const HttpServer::Log log;
    std::atomic<bool> stopping{false};
    std::atomic<std::size_t> connections{0};
    Calls calls;
    Calls long_calls;
};

} // namespace inlet::http
