// What all connections of a server share. Floor 5.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>

#include "http/asio/calls.hpp"
#include "http/client_meter.hpp"
#include "http/disk_room.hpp"
#include "http/http_server.hpp"

namespace inlet::http {

class Connection;

// An I/O thread and the connections it serves.
struct Loop {
    asio::io_context context{1};
    std::set<Connection*> connections; // on the loop's thread alone
    std::thread thread;
};

// Who is on the other side.
struct Peer {
    std::string address; // empty for a Unix socket
    std::optional<std::uint32_t> local_user;
};

// Counts the connections, all and by address. Safe from any thread.
class ConnectionCount {
public:
    std::size_t all() const { return all_; }
    // False: there are as many of that address as it may have.
    bool add(const std::string& address, const std::optional<std::uint64_t>& per_address_max);
    void remove(const std::string& address);

private:
    std::atomic<std::size_t> all_{0};
    std::mutex mutex_;
    std::map<std::string, std::uint64_t> by_address_; // behind mutex_
};

// When requests were under way. Safe from any thread.
class Activity {
public:
    void begin() { ++running_; }
    void end() {
        ended_ = Clock::now().time_since_epoch().count();
        --running_;
    }
    std::size_t running() const { return running_; }
    std::optional<Clock::duration> idle() const {
        const Clock::time_point ended{Clock::duration(ended_)};
        if (running_ != 0) return std::nullopt;
        return Clock::now() - ended;
    }

private:
    std::atomic<std::size_t> running_{0};
    std::atomic<Clock::rep> ended_{Clock::now().time_since_epoch().count()};
};

// Tells requests apart, in logs and to clients. Safe from any thread.
class RequestIds {
public:
    RequestIds();
    std::string next() { return prefix_ + std::to_string(++last_); }

private:
    std::string prefix_; // of this run of the program
    std::atomic<std::uint64_t> last_{0};
};

struct Serving {
    Serving(ServerOptions given, const Router& routes, HttpServer::Guard guarding, HttpServer::Witness witnessing,
            HttpServer::Log logging);

    std::shared_ptr<const ServerSettings> settings() const { return settings_; }
    void change(ServerSettings settings) { settings_ = std::make_shared<const ServerSettings>(std::move(settings)); }

    const ServerOptions options; // but for what settings() says
    const Router& router;
    const HttpServer::Guard guard;
    const HttpServer::Witness witness;
    const HttpServer::Log log;
    std::atomic<bool> stopping{false};
    ConnectionCount connections;
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> refused{0};
    RequestIds request_ids;
    Activity activity;
    DiskRoom disk_room;
    ClientMeter addresses{"address"};
    ClientMeter principals{"principal"};
    Calls calls;
    Calls long_calls;

private:
    std::atomic<std::shared_ptr<const ServerSettings>> settings_; // shared with the requests under way
};

} // namespace inlet::http
