#include "app/server.hpp"

#include <utility>

#include "app/display_text.hpp"
#include "base/json_writer.hpp"
#include "fronts/http/api.hpp"

namespace inlet {

Result<std::unique_ptr<Server>> Server::start(Session& session, const http::ServerOptions& options) {
    Pipeline* pipeline = TRY(session.pipeline());
    Catalog* catalog = TRY(session.catalog());
    const Project* project = TRY(session.project());
    std::unique_ptr<Server> server(new Server(session, *catalog));
    if (TRY(catalog->keys()).empty())
        server->first_key_ = TRY(server->keyring_.make(std::string(kAdminRole), std::string(kAdminRole), 0)).text;
    server->runner_ =
        std::make_unique<Runner>(*pipeline, *catalog, [self = server.get()](const Error& error) { self->warn(error); });
    server->watch_folders(*project, *catalog, *pipeline);
    http::add_api(server->router_, {*project, *catalog, session.warehouse(), *pipeline, *server->runner_});
    server->http_ = TRY(http::HttpServer::start(
        options, server->router_,
        [self = server.get()](http::Request& request) { return http::authenticate(self->keyring_, request); },
        [self = server.get()](const http::Served& served) { self->log(served); }));
    return server;
}

void Server::watch_folders(const Project& project, Catalog& catalog, Pipeline& pipeline) {
    folders_ = std::make_unique<folder::FolderWatch>(
        project, folder::SourceParts{
                     .catalog = catalog,
                     .pipeline = pipeline,
                     .stopping = {},
                     .queued = [this] { runner_->wake(); },
                     .told = [this](std::string_view what, const PickupRecord& pickup) { log(what, pickup); },
                     .failed = [this](const Error& error) { warn(error); },
                 });
    http::add_sources_api(router_, [this] {
        std::vector<http::SourceReport> reports;
        for (folder::FolderWatch::State& state : folders_->states())
            reports.push_back({std::move(state.provider), state.source, std::move(state.troubles)});
        return reports;
    });
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

void Server::log(std::string_view what, const PickupRecord& pickup) {
    if (console_.quiet()) return;
    JsonWriter json;
    json.begin_object().member("folder", pickup.folder).member("file", pickup.name).member(what, true);
    json.member("by", pickup.provider).member("submission", pickup.submission.value);
    json.member("duplicate", pickup.duplicate).end_object();
    const std::scoped_lock lock(speaking_);
    console_.warn(json.take() + "\n");
}

} // namespace inlet
