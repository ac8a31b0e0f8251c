// The program as a server: everything that runs beside everything else, built on an open session and ended in the
// opposite order. Floor 7.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "access/authenticator.hpp"
#include "app/audit_head_file.hpp"
#include "app/session.hpp"
#include "fronts/folder/folder_watch.hpp"
#include "http/http_server.hpp"
#include "notify/courier.hpp"
#include "notify/event_hub.hpp"
#include "notify/expectation_watch.hpp"
#include "notify/notifier.hpp"
#include "pipeline/runner.hpp"
#include "pipeline/upload_sweeper.hpp"
#include "pipeline/uploads.hpp"

namespace inlet {

class Server {
public:
    // Listens, and works off what is queued, when it returns. Makes the first key if there is none. The session is
    // borrowed, and no longer the caller's to change.
    static Result<std::unique_ptr<Server>> start(Session& session, http::ServerOptions options);
    // Takes nothing new, lets running calls finish.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint16_t port() const { return http_->port(); }
    const std::string& first_key() const { return first_key_; } // empty: there was one
    // The console is for one thread at a time.
    Status with_console(const std::function<Status(Console&)>& use);

private:
    Server(Session& session, const std::string& data_folder)
        : session_(session), console_(session.console()), clock_(session.clock()),
          audit_head_(session.disk(), data_folder) {}

    Status start_telling(const Project& project, Catalog& catalog);

    void warn(const Error& error);
    void tell(const Progress& progress);
    void log(const http::Served& served);
    void keep_head(const AuditHead& head);
    void log(std::string_view what, const PickupRecord& pickup);
    void watch_folders(const Project& project, Catalog& catalog, Pipeline& pipeline);

    Session& session_;
    std::mutex speaking_; // over the console
    Console& console_;
    const Clock& clock_;
    std::string first_key_;

    std::mutex keeping_; // over the three below
    AuditHeadFile audit_head_;
    AuditHead last_head_;
    Timestamp kept_at_ = 0;

    std::unique_ptr<Authenticator> authenticator_;
    // Each uses those above it.
    std::unique_ptr<Courier> courier_;
    std::unique_ptr<Notifier> notifier_;
    std::unique_ptr<ExpectationWatch> expectations_; // null: nothing is expected
    std::unique_ptr<EventHub> events_;
    std::unique_ptr<Uploads> uploads_; // wakes the runner, which nobody asks for any more when it goes
    std::unique_ptr<Runner> runner_;
    std::unique_ptr<UploadSweeper> sweeper_;
    std::unique_ptr<folder::FolderWatch> folders_;
    http::Router router_;
    std::unique_ptr<http::HttpServer> http_;
};

} // namespace inlet
