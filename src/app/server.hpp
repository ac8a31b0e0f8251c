// The program as a server: everything that runs beside everything else, built on an open session and ended in the
// opposite order. Floor 7.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "access/keyring.hpp"
#include "app/session.hpp"
#include "http/http_server.hpp"
#include "pipeline/runner.hpp"

namespace inlet {

class Server {
public:
    // Listens where it is told and at `inlet.sock` in the data folder, and works off what is queued, when it returns.
    // Makes the first key if there is none. The session is borrowed, and no longer the caller's to change. Errors:
    // those of the stores, of HttpServer::start(), certificate-invalid.
    static Result<std::unique_ptr<Server>> start(Session& session, std::vector<http::Listener> listeners);
    // Takes nothing new, lets running calls finish.
    ~Server() = default;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    const std::string& first_key() const { return first_key_; } // empty: there was one
    std::vector<std::string> addresses() const;                 // but for inlet.sock
    // The console is for one thread at a time.
    Status with_console(const std::function<Status(Console&)>& use);
    void warn(const Error& error);

    // Reads the project again: all of it stands afterwards, or on an error nothing of it. Returns a line for each thing
    // that waits for the next start. Errors: project-invalid, certificate-invalid, the warehouse's.
    Result<std::vector<std::string>> reload(Session& session);
    // Reads the certificate again if its files are others than those that were read last. On a mistake the one that
    // stands is kept: certificate-invalid.
    Status renew_certificate();
    std::chrono::seconds stop_time() const { return config_.limits.stop_time; }
    // How long nothing has been asked of it, nothing queued and nothing run; nothing while something is.
    std::optional<std::chrono::milliseconds> idle() const;
    // Whether its threads and its catalog answer in time.
    bool answers(std::chrono::milliseconds time);
    // Takes nothing new, lets running calls finish within limits.stop_time, and what is being run without a bound.
    void stop();

private:
    struct Certificate {
        std::shared_ptr<const http::TlsContext> context; // shared with the connections that it was shown to
        std::string seen;                                // what tells the files that were read from later ones
    };

    Server(Session& session, Catalog& catalog, Pipeline& pipeline)
        : console_(session.console()), catalog_(catalog), pipeline_(pipeline), keyring_(catalog, session.clock()) {}

    static Result<Certificate> load(const TlsConfig& config);
    http::ServerSettings settings() const;
    Status guard(http::Request& request);
    void log(const http::Served& served);

    std::mutex speaking_; // over the console
    Console& console_;
    Catalog& catalog_;
    Pipeline& pipeline_;
    Keyring keyring_;
    std::string first_key_;
    ServerConfig config_;
    Certificate certificate_;
    // Each uses those above it.
    std::unique_ptr<Runner> runner_;
    http::Router router_;
    std::unique_ptr<http::HttpServer> http_;
};

} // namespace inlet
