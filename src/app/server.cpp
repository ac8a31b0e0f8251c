#include "app/server.hpp"

#include <algorithm>
#include <utility>

#include "access/submission_rights.hpp"
#include "app/act.hpp"
#include "app/backups.hpp"
#include "app/display_text.hpp"
#include "base/json_writer.hpp"
#include "catalog/event_log.hpp"
#include "fronts/http/api.hpp"
#include "fronts/tus/tus_api.hpp"
#include "notify/curl_courier.hpp"

namespace inlet {

namespace {

constexpr Timestamp kKeepHeadEvery = 60'000'000;

Result<std::string> make_first_key(Session& session, Keyring& keyring) {
    auto made = keyring.make({.name = std::string(kAdminRole), .roles = {std::string(kAdminRole)}});
    const std::string id = made ? made->record.id : "";
    made = written_down(session, {.action = "key.create", .object = id}, std::move(made));
    if (!made) return fail(std::move(made.error()));
    return made->text;
}

// Often enough that expired uploads go soon after.
std::chrono::milliseconds sweep_pause(const UploadLimits& limits) {
    return std::clamp<std::chrono::milliseconds>(limits.lifetime / 4, std::chrono::seconds(1), std::chrono::minutes(1));
}

// Which Inlet an event comes from, as a URI-reference.
std::string event_source(const Project& project) {
    return project.notify.base_url.empty() ? "/inlet/" + project.name : project.notify.base_url;
}

// Those of submissions and datasets that they may see.
std::function<bool(const LoggedEvent&)> events_seen_by(const Principal& principal, const Project& project,
                                                       Catalog& catalog) {
    if (principal.is_admin()) return {};
    return [principal, &project, &catalog](const LoggedEvent& event) {
        if (!event.event.submission) return principal.may(Permission::read, event.event.dataset);
        const auto record = catalog.get(event.event.submission);
        return record && may_see(principal, project, *record);
    };
}

} // namespace

Result<std::unique_ptr<Server>> Server::start(Session& session, http::ServerOptions options) {
    const Project* project = TRY(session.project());
    Catalog* catalog = TRY(session.catalog());
    std::unique_ptr<Server> server(new Server(session, project->data_folder));
    session.on_progress([self = server.get()](const Progress& progress) { self->tell(progress); });
    Pipeline* pipeline = TRY(session.pipeline());
    TRY(server->start_telling(*project, *catalog));
    server->authenticator_ = TRY(Authenticator::open(*project, *catalog, session.clock()));
    Keyring& keyring = server->authenticator_->keyring();
    const std::vector<KeyRecord> keys = TRY(catalog->keys().all());
    if (keys.empty()) server->first_key_ = TRY(make_first_key(session, keyring));
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
    server->watch_folders(*project, *catalog, *pipeline);
    const auto backed_up = [&session, pipeline](const std::string& folder, std::size_t keep) -> Result<std::string> {
        JsonWriter json;
        write_backup(json, TRY(back_up(session, *pipeline, folder, keep)));
        return json.take();
    };
    http::add_api(server->router_, {.project = *project,
                                    .catalog = *catalog,
                                    .warehouse = session.warehouse(),
                                    .pipeline = *pipeline,
                                    .runner = *server->runner_,
                                    .keyring = keyring,
                                    .clock = session.clock(),
                                    .events = *server->events_,
                                    .event_source = event_source(*project),
                                    .notifier = *server->notifier_,
                                    .back_up = backed_up,
                                    .event_sight = [project, catalog](const http::Request& request) {
                                        return events_seen_by(request.principal, *project, *catalog);
                                    }});
    if (server->authenticator_->has_users()) options.challenge += ", Basic realm=\"inlet\", charset=\"UTF-8\"";
    const auto guard = [self = server.get()](http::Request& request) {
        return http::authenticate(*self->authenticator_, request);
    };
    const auto witness = [self = server.get(), &audit = catalog->audit()](const http::Route& route,
                                                                          const http::Request& request,
                                                                          const http::Response& response) -> Status {
        self->keep_head(TRY(http::write_down(audit, route, request, response)));
        return {};
    };
    const auto log = [self = server.get()](const http::Served& served) { self->log(served); };
    server->http_ = TRY(http::HttpServer::start(options, server->router_, guard, witness, log));
    return server;
}

Server::~Server() {
    http_.reset(); // no call writes any more
    session_.on_progress({});
    if (last_head_.number != 0) (void)audit_head_.keep(last_head_);
}

// A file that is a minute behind shows all but the cutting off of a minute.
void Server::keep_head(const AuditHead& head) {
    const std::lock_guard lock(keeping_);
    if (head.number > last_head_.number) last_head_ = head;
    const Timestamp now = clock_.now();
    if (now - kept_at_ < kKeepHeadEvery) return;
    kept_at_ = now;
    if (Status kept = audit_head_.keep(last_head_); !kept) warn(kept.error());
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
