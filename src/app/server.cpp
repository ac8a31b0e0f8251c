#include "app/server.hpp"

#include <algorithm>
#include <utility>

#include "app/display_text.hpp"
#include "base/json_writer.hpp"
#include "fronts/http/api.hpp"
#include "fronts/tus/tus_api.hpp"

namespace inlet {

namespace {

// Often enough that expired uploads go soon after.
std::chrono::milliseconds sweep_pause(const UploadLimits& limits) {
    return std::clamp<std::chrono::milliseconds>(limits.lifetime / 4, std::chrono::seconds(1), std::chrono::minutes(1));
}

} // namespace

Result<std::unique_ptr<Server>> Server::start(Session& session, const http::ServerOptions& options) {
    Pipeline* pipeline = TRY(session.pipeline());
    Catalog* catalog = TRY(session.catalog());
    const Project* project = TRY(session.project());
    std::unique_ptr<Server> server(new Server(session, *catalog));
    if (TRY(catalog->keys()).empty())
        server->first_key_ = TRY(server->keyring_.make(std::string(kAdminRole), std::string(kAdminRole), 0)).text;
    server->uploads_ = std::make_unique<Uploads>(
        UploadParts{.project = *project,
                    .pipeline = *pipeline,
                    .catalog = *catalog,
                    .disk = session.disk(),
                    .clock = session.clock(),
                    .folder = project->data_folder + "/uploads",
                    .queued =
                        [self = server.get()] {
                            if (self->runner_) self->runner_->wake(); // it begins by itself with what is there
                        },
                    .warning = [self = server.get()](const Error& error) { self->warn(error); }},
        UploadLimits{});
    TRY(server->uploads_->recover());
    server->runner_ =
        std::make_unique<Runner>(*pipeline, *catalog, [self = server.get()](const Error& error) { self->warn(error); });
    server->sweeper_ = std::make_unique<UploadSweeper>(*server->uploads_, sweep_pause(server->uploads_->limits()));
    tus::add_tus(server->router_, {*project, *server->uploads_, *server->runner_});
    http::add_api(server->router_, {*project, *catalog, session.warehouse(), *pipeline, *server->runner_});
    server->http_ = TRY(http::HttpServer::start(
        options, server->router_,
        [self = server.get()](http::Request& request) { return http::authenticate(self->keyring_, request); },
        [self = server.get()](const http::Served& served) { self->log(served); }));
    return server;
}

Status Server::with_console(const std::function<Status(Console&)>& use) {
    const std::scoped_lock lock(speaking_);
    return use(console_);
}

void Server::warn(const Error& error) {
    const std::scoped_lock lock(speaking_);
    console_.warn(error_text(error, console_.err_paint()));
}

void Server::log(const http::Served& served) {
    if (console_.quiet()) return;
    const http::Request* request = served.request;
    JsonWriter json;
    json.begin_object();
    if (request != nullptr) {
        json.member("method", to_string(request->method)).member("target", request->target_text);
        json.member("peer", request->peer).member("by", request->principal.name);
    }
    json.member("status", served.status).member("seconds", served.seconds).end_object();
    const std::scoped_lock lock(speaking_);
    console_.warn(json.take() + "\n");
}

} // namespace inlet
