#include "app/server.hpp"

#include <utility>

#include "app/backups.hpp"
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
    const auto backed_up = [&session, pipeline](const std::string& folder, std::size_t keep) -> Result<std::string> {
        JsonWriter json;
        write_backup(json, TRY(back_up(session, *pipeline, folder, keep)));
        return json.take();
    };
    http::add_api(server->router_, {*project, *catalog, session.warehouse(), *pipeline, *server->runner_, backed_up});
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
