#include "app/server.hpp"

#include <utility>

#include "app/display_text.hpp"
#include "base/json_writer.hpp"
#include "fronts/http/api.hpp"
#include "notify/curl_courier.hpp"

namespace inlet {

namespace {

// Which Inlet an event comes from, as a URI-reference.
std::string event_source(const Project& project) {
    return project.notify.base_url.empty() ? "/inlet/" + project.name : project.notify.base_url;
}

} // namespace

Server::~Server() { session_.on_progress({}); }

Result<std::unique_ptr<Server>> Server::start(Session& session, const http::ServerOptions& options) {
    const Project* project = TRY(session.project());
    Catalog* catalog = TRY(session.catalog());
    std::unique_ptr<Server> server(new Server(session, *catalog));
    session.on_progress([self = server.get()](const Progress& progress) { self->tell(progress); });
    Pipeline* pipeline = TRY(session.pipeline());
    TRY(server->start_telling(*project, *catalog));
    if (TRY(catalog->keys()).empty()) server->first_key_ = TRY(server->keyring_.make(kAdminRole, kAdminRole, 0)).text;
    server->runner_ =
        std::make_unique<Runner>(*pipeline, *catalog, [self = server.get()](const Error& error) { self->warn(error); });
    http::add_api(server->router_, {.project = *project,
                                    .catalog = *catalog,
                                    .warehouse = session.warehouse(),
                                    .pipeline = *pipeline,
                                    .runner = *server->runner_,
                                    .events = *server->events_,
                                    .event_source = event_source(*project),
                                    .notifier = *server->notifier_});
    server->http_ = TRY(http::HttpServer::start(
        options, server->router_,
        [self = server.get()](http::Request& request) { return http::authenticate(self->keyring_, request); },
        [self = server.get()](const http::Served& served) { self->log(served); }));
    return server;
}

Status Server::start_telling(const Project& project, Catalog& catalog) {
    const auto failed = [this](const Error& error) { warn(error); };
    courier_ = TRY(make_curl_courier());
    notifier_ = std::make_unique<Notifier>(NotifierParts{.settings = project.notify,
                                                         .catalog = catalog,
                                                         .objects = *TRY(session_.objects()),
                                                         .clock = session_.clock(),
                                                         .courier = *courier_,
                                                         .project = project.name,
                                                         .source = event_source(project),
                                                         .failed = failed});
    const ExpectationCheck check(project.datasets, catalog, session_.clock());
    if (check.is_needed()) expectations_ = std::make_unique<ExpectationWatch>(check, failed);
    EventHub::Options options{.source = event_source(project), .failed = failed};
    options.news = [this] {
        notifier_->wake();
        if (expectations_ != nullptr) expectations_->wake();
    };
    events_ = std::make_unique<EventHub>(catalog, session_.clock(), std::move(options));
    return {};
}

void Server::tell(const Progress& progress) {
    if (events_ == nullptr) return;
    events_->progress({.submission = progress.submission,
                       .state = progress.state,
                       .bytes = progress.bytes,
                       .bytes_total = progress.bytes_total,
                       .rows = progress.rows});
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
        json.member("peer", request->peer).member("by", request->principal);
    }
    json.member("status", served.status).member("seconds", served.seconds).end_object();
    const std::scoped_lock lock(speaking_);
    console_.warn(json.take() + "\n");
}

} // namespace inlet
