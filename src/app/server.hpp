// The program as a server: everything that runs beside everything else, built on an open session and ended in the
// opposite order. Floor 7.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "access/authenticator.hpp"
#include "app/audit_head_file.hpp"
#include "app/server_watch.hpp"
#include "app/session.hpp"
#include "base/periodic.hpp"
#include "fronts/folder/folder_watch.hpp"
#include "fronts/http/api.hpp"
#include "fronts/http/url_signer.hpp"
#include "http/http_server.hpp"
#include "notify/courier.hpp"
#include "notify/event_hub.hpp"
#include "notify/expectation_watch.hpp"
#include "notify/notifier.hpp"
#include "pipeline/runner.hpp"
#include "pipeline/uploads.hpp"

namespace inlet {

class Server {
public:
    // Listens where it is told and at `inlet.sock` in the data folder, and works off what is queued, when it returns.
    // Makes the first key if there is none. The session is borrowed, and no longer the caller's to change. Errors:
    // those of the stores, of HttpServer::start(), certificate-invalid.
    static Result<std::unique_ptr<Server>> start(Session& session, std::vector<http::Listener> listeners);
    // Takes nothing new, lets running calls finish.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    const std::string& first_key() const { return first_key_; } // empty: there was one
    std::vector<std::string> addresses() const;                 // but for inlet.sock
    // The console is for one thread at a time.
    Status with_console(const std::function<Status(Console&)>& use);
    void warn(const Error& error) { watch_->error(error); }
    void note(std::string_view what) { watch_->log().note(what); }

    // Reads the project again: all of it stands afterwards, or on an error nothing of it. Returns a line for each thing
    // that waits for the next start. Errors: project-invalid, certificate-invalid, the warehouse's.
    Result<std::vector<std::string>> reload();
    std::vector<std::string> metrics_addresses() const;
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

    Server(Session& session, const std::string& data_folder)
        : session_(session), console_(session.console()), clock_(session.clock()),
          audit_head_(session.disk(), data_folder) {}

    Status start_telling(const Project& project, Catalog& catalog);
    Status start_listening(const Project& project, Catalog& catalog, std::vector<http::Listener> listeners);
    Status start_watching(const http::ApiParts& parts);
    http::ApiParts api_parts(const Project& project, Catalog& catalog, Pipeline& pipeline);
    bool may_read_metrics(const http::Request& request) const;
    void use_watch();
    Result<std::vector<std::string>> read_again();
    static Result<Certificate> load(const TlsConfig& config);
    Status use_access(const Project& project);
    http::ServerSettings settings() const;
    Status guard(http::Request& request);

    void tell(const Progress& progress);
    void let_go();
    void keep_head(const AuditHead& head);
    void watch_folders(const Project& project, Catalog& catalog, Pipeline& pipeline);

    Session& session_;
    std::mutex speaking_; // over the console
    Console& console_;
    const Clock& clock_;
    std::unique_ptr<ServerWatch> watch_;
    std::string first_key_;

    std::mutex keeping_; // over the three below
    AuditHeadFile audit_head_;
    AuditHead last_head_;
    Timestamp kept_at_ = 0;

    // The last one is asked; the others may still be by calls under way.
    std::vector<std::unique_ptr<Authenticator>> authenticators_;
    std::atomic<Authenticator*> authenticator_ = nullptr;
    const Project* started_with_ = nullptr;
    ServerConfig config_;
    std::atomic<std::shared_ptr<const MetricsConfig>> metrics_; // shared with requests under way
    Certificate certificate_;
    // Each uses those above it.
    std::unique_ptr<Courier> courier_;
    std::unique_ptr<Notifier> notifier_;
    std::unique_ptr<ExpectationWatch> expectations_; // null: nothing is expected
    std::unique_ptr<EventHub> events_;
    std::unique_ptr<Uploads> uploads_; // wakes the runner, which nobody asks for any more when it goes
    std::unique_ptr<Runner> runner_;
    std::unique_ptr<Periodic> sweeper_;
    std::unique_ptr<Periodic> keeper_;
    std::unique_ptr<folder::FolderWatch> folders_;
    std::unique_ptr<http::UrlSigner> signer_;
    http::Router router_;
    std::unique_ptr<http::HttpServer> http_;
    http::Router watching_router_;
    std::unique_ptr<http::HttpServer> watching_http_; // null: metrics have no address of their own
};

} // namespace inlet
