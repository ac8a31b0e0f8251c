// The program as a server: everything that runs beside everything else, built on an open session and ended in the
// opposite order. Floor 7.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "access/keyring.hpp"
#include "app/session.hpp"
#include "http/http_server.hpp"
#include "pipeline/runner.hpp"
#include "pipeline/upload_sweeper.hpp"
#include "pipeline/uploads.hpp"

namespace inlet {

class Server {
public:
    // Listens, and works off what is queued, when it returns. Makes the first key if there is none. The session is
    // borrowed, and no longer the caller's to change.
    static Result<std::unique_ptr<Server>> start(Session& session, const http::ServerOptions& options);
    // Takes nothing new, lets running calls finish.
    ~Server() = default;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint16_t port() const { return http_->port(); }
    const std::string& first_key() const { return first_key_; } // empty: there was one
    // The console is for one thread at a time.
    Status with_console(const std::function<Status(Console&)>& use);

private:
    Server(Session& session, Catalog& catalog) : console_(session.console()), keyring_(catalog, session.clock()) {}

    void warn(const Error& error);
    void log(const http::Served& served);

    std::mutex speaking_; // over the console
    Console& console_;
    Keyring keyring_;
    std::string first_key_;
    // Each uses those above it.
    std::unique_ptr<Uploads> uploads_; // wakes the runner, which nobody asks for any more when it goes
    std::unique_ptr<Runner> runner_;
    std::unique_ptr<UploadSweeper> sweeper_;
    http::Router router_;
    std::unique_ptr<http::HttpServer> http_;
};

} // namespace inlet
