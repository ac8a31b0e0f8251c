#include "app/server.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "access/submission_rights.hpp"
#include "app/act.hpp"
#include "app/backups.hpp"
#include "app/signing_key.hpp"
#include "base/json_writer.hpp"
#include "catalog/event_log.hpp"
#include "fronts/http/upload_sessions_api.hpp"
#include "fronts/tus/tus_api.hpp"
#include "notify/curl_courier.hpp"

namespace inlet {

namespace {

constexpr std::chrono::hours kLetGoEvery{1};
constexpr Timestamp kAnswersKept = Timestamp{24 * 3600} * 1'000'000; // to requests with an Idempotency-Key
constexpr Timestamp kKeepHeadEvery = 60'000'000;

// Another one when the file is.
std::string file_mark(const std::string& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return "none;";
    return fmt::format("{}:{}:{}.{};", info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

std::optional<std::uint64_t> free_bytes(const std::string& folder) {
    struct statvfs info{};
    if (::statvfs(folder.c_str(), &info) != 0) return std::nullopt;
    return std::uint64_t{info.f_bavail} * info.f_frsize;
}

std::string user_name(std::uint32_t user) {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> room{};
    (void)::getpwuid_r(user, &entry, room.data(), room.size(), &found);
    return found != nullptr ? found->pw_name : std::to_string(user);
}

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

// As others see who works on a submission.
std::string worker_name() {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) return fmt::format("inlet:{}", ::getpid());
    return fmt::format("{}:{}", host.data(), ::getpid());
}

// Which Inlet an event comes from, as a URI-reference.
std::string event_source(const Project& project) {
    return project.notify.base_url.empty() ? "/inlet/" + project.name : project.notify.base_url;
}

std::map<std::string, Expectation> expectations(const Project& project) {
    std::map<std::string, Expectation> expected;
    for (const Dataset& dataset : project.datasets) {
        if (dataset.expect != Expectation()) expected.emplace(dataset.name, dataset.expect);
    }
    return expected;
}

// Those of submissions and datasets that they may see.
std::function<bool(const LoggedEvent&)> events_seen_by(const Principal& principal, const CurrentProject& project,
                                                       Catalog& catalog) {
    if (principal.is_admin()) return {};
    return [principal, &project, &catalog](const LoggedEvent& event) {
        if (!event.event.submission) return principal.may(Permission::read, event.event.dataset);
        const auto record = catalog.get(event.event.submission);
        return record && may_see(principal, *project, *record);
    };
}

} // namespace

Result<std::unique_ptr<Server>> Server::start(Session& session, std::vector<http::Listener> listeners) {
    const Project* project = TRY(session.project());
    std::unique_ptr<Server> server(new Server(session, project->data_folder));
    server->use_watch();
    Catalog* catalog = TRY(session.catalog());
    session.on_progress([self = server.get()](const Progress& progress) { self->tell(progress); });
    Pipeline* pipeline = TRY(session.pipeline());
    TRY(server->start_telling(*project, *catalog));
    server->started_with_ = project;
    server->config_ = project->server;
    server->metrics_ = std::make_shared<const MetricsConfig>(project->server.metrics);
    server->watch_->log().use(project->server.log);
    if (server->config_.tls) server->certificate_ = TRY(load(*server->config_.tls));
    TRY(server->use_access(*project));
    const std::vector<KeyRecord> keys = TRY(catalog->keys().all());
    if (keys.empty()) server->first_key_ = TRY(make_first_key(session, server->authenticator_.load()->keyring()));
    server->uploads_ = std::make_unique<Uploads>(
        UploadParts{.project = session.current_project(),
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
    TRY(catalog->requests().abandon_all());
    TRY(catalog->jobs().release_all());
    server->runner_ = std::make_unique<Runner>(
        *pipeline, *catalog, [self = server.get()](const Error& error) { self->warn(error); },
        RunnerSettings{.places = project->server.jobs.running,
                       .retries = project->server.jobs.retries,
                       .scans = project->server.scan.has_value(),
                       .worker = worker_name()});
    server->sweeper_ = std::make_unique<Periodic>(
        sweep_pause(server->uploads_->limits()), [&uploads = *server->uploads_] { uploads.sweep(); }, true);
    server->keeper_ = std::make_unique<Periodic>(kLetGoEvery, [self = server.get()] { self->let_go(); });
    tus::add_tus(server->router_, {session.current_project(), *server->uploads_, *server->runner_, session.clock()});
    server->watch_folders(*project, *catalog, *pipeline);
    const http::ApiParts parts = server->api_parts(*project, *catalog, *pipeline);
    http::add_api(server->router_, parts);
    http::add_metrics_api(
        server->router_, server->watch_->figures().metrics(),
        [self = server.get()](const http::Request& request) { return self->may_read_metrics(request); });
    server->signer_ = std::make_unique<http::UrlSigner>(TRY(signing_key(session.disk(), project->data_folder)));
    http::add_upload_sessions(server->router_, {parts, *server->uploads_, *server->signer_});
    TRY(server->start_listening(*project, *catalog, std::move(listeners)));
    TRY(server->start_watching(parts));
    return server;
}

// Before the stores are opened: they tell it what they do.
void Server::use_watch() {
    watch_ = std::make_unique<ServerWatch>(session_.current_project(), clock_, console_.terminal().err,
                                           console_.quiet(), [this](std::string_view line) {
                                               const std::scoped_lock lock(speaking_);
                                               console_.warn(line);
                                           });
    session_.watch_submissions(watch_.get());
    session_.on_commit([watch = watch_.get()](std::size_t changes, std::chrono::duration<double> time) {
        watch->figures().committed(changes, time);
    });
}

http::ApiParts Server::api_parts(const Project& project, Catalog& catalog, Pipeline& pipeline) {
    const auto backed_up = [this, &pipeline](const std::string& folder, std::size_t keep) -> Result<std::string> {
        JsonWriter json;
        write_backup(json, TRY(back_up(session_, pipeline, folder, keep)));
        return json.take();
    };
    return {.project = session_.current_project(),
            .catalog = catalog,
            .warehouse = session_.warehouse(),
            .pipeline = pipeline,
            .runner = *runner_,
            .keyring = [this]() -> Keyring& { return authenticator_.load()->keyring(); },
            .clock = session_.clock(),
            .events = *events_,
            .event_source = event_source(project),
            .notifier = *notifier_,
            .back_up = backed_up,
            .event_sight =
                [&current = session_.current_project(), &catalog](const http::Request& request) {
                    return events_seen_by(request.principal, current, catalog);
                }};
}

// Whoever is on this machine, unless the configuration says otherwise; and not who came through a proxy that is not
// known: its address says nothing about them.
bool Server::may_read_metrics(const http::Request& request) const {
    if (request.local_user) return true;
    if (request.relayed) return false;
    const auto metrics = metrics_.load();
    return std::ranges::any_of(metrics->from, [&](const AddressRange& range) { return range.holds(request.peer); });
}

// The addresses that are for figures alone: whoever can reach them may read.
Status Server::start_watching(const http::ApiParts& parts) {
    watch_->figures().ask({.catalog = parts.catalog,
                           .load = [this] { return http_->load(); },
                           .disk_free_bytes = [folder = parts.project->data_folder] { return free_bytes(folder); }});
    if (config_.metrics.listen.empty()) return {};
    http::add_watching_api(watching_router_, watch_->figures().metrics(), parts);
    http::ServerOptions options;
    for (const ListenAddress& address : config_.metrics.listen)
        options.listeners.push_back({.address = address, .mode = config_.socket_mode});
    options.settings.limits.uploads = options.settings.limits.calls = 1;
    options.settings.limits.waiting = 16;
    options.settings.limits.connections = 64;
    watching_http_ = TRY(http::HttpServer::start(std::move(options), watching_router_, {}, {}, {}));
    return {};
}

Status Server::start_listening(const Project& project, Catalog& catalog, std::vector<http::Listener> listeners) {
    const auto witness = [this, &audit = catalog.audit()](const http::Route& route, const http::Request& request,
                                                          const http::Response& response) -> Status {
        keep_head(TRY(http::write_down(audit, route, request, response)));
        return {};
    };
    for (http::Listener& listener : listeners) listener.mode = config_.socket_mode;
    listeners.push_back({.address = {.path = fmt::format("{}/{}", project.data_folder, kServerSocketName)},
                         .mode = 0600,
                         .trusted = true});
    watch_->figures().know(router_);
    http_ = TRY(http::HttpServer::start(
        {.listeners = std::move(listeners),
         .io_threads = config_.threads,
         .requests = &catalog.requests(),
         .disk_free_bytes = [folder = project.data_folder] { return free_bytes(folder); },
         .settings = settings()},
        router_, [this](http::Request& request) { return guard(request); }, witness,
        [this](const http::Served& served) { watch_->served(served); }));
    return {};
}

Status Server::use_access(const Project& project) {
    Catalog* catalog = TRY(session_.catalog());
    authenticators_.push_back(TRY(Authenticator::open(project, *catalog, session_.clock())));
    authenticator_ = authenticators_.back().get();
    return {};
}

http::ServerSettings Server::settings() const {
    http::ServerSettings settings{
        .limits = config_.limits, .cors = config_.cors, .proxies = config_.proxies, .tls = certificate_.context};
    if (authenticator_.load()->has_users()) settings.challenge += ", Basic realm=\"inlet\", charset=\"UTF-8\"";
    return settings;
}

Result<Server::Certificate> Server::load(const TlsConfig& config) {
    // Marked before it is read: a change in between is seen the next time.
    std::string seen = file_mark(config.certificate) + file_mark(config.key);
    return Certificate{TRY(http::TlsContext::load(config)), std::move(seen)};
}

Status Server::renew_certificate() {
    if (!config_.tls) return {};
    std::string seen = file_mark(config_.tls->certificate) + file_mark(config_.tls->key);
    if (seen == certificate_.seen) return {};
    certificate_.seen = std::move(seen); // a mistake is told once
    certificate_ = TRY(load(*config_.tls));
    http_->change(settings());
    return {};
}

// Who can open the socket in the data folder could as well read the data: the system has said who it is.
Status Server::guard(http::Request& request) {
    if (request.local_user) {
        request.principal = Principal::local(user_name(*request.local_user));
        return {};
    }
    return http::authenticate(*authenticator_.load(), request);
}

Result<std::vector<std::string>> Server::reload() {
    auto read = read_again();
    watch_->reloaded(read.has_value());
    return read;
}

Result<std::vector<std::string>> Server::read_again() {
    const Project& before = *started_with_;
    std::unique_ptr<Project> next = TRY(session_.read_project_again());
    Certificate certificate;
    if (next->server.tls) certificate = TRY(load(*next->server.tls));
    std::vector<std::string> waiting;
    const auto compare = [&](bool same, const char* what) {
        if (!same) waiting.push_back(fmt::format("{} stays as it was until the next start", what));
    };
    ServerConfig now = next->server;
    compare(next->data_folder == before.data_folder, "storage.data");
    compare(next->providers == before.providers, "providers");
    compare(next->notify == before.notify, "notify");
    compare(expectations(*next) == expectations(before), "expect");
    compare(now.listen == config_.listen, "server.listen");
    compare(now.socket_mode == config_.socket_mode, "server.socket_mode");
    compare(now.threads == config_.threads, "server.threads");
    compare(now.metrics.listen == config_.metrics.listen, "server.metrics.listen");
    compare(now.tls.has_value() == config_.tls.has_value(), "whether addresses speak TLS (server.tls)");
    compare(now.limits.uploads == config_.limits.uploads, "server.limits.uploads");
    compare(now.limits.calls == config_.limits.calls, "server.limits.calls");
    compare(now.limits.waiting == config_.limits.waiting, "server.limits.waiting");
    compare(now.jobs == started_with_->server.jobs, "server.jobs");
    compare(now.scan == started_with_->server.scan, "server.scan");
    next->data_folder = before.data_folder;
    const Project& fresh = *next;
    Catalog* catalog = TRY(session_.catalog());
    Pipeline* pipeline = TRY(session_.pipeline());
    auto access = TRY(Authenticator::open(fresh, *catalog, session_.clock()));
    TRY(pipeline->reconfigure(std::move(next)));
    authenticators_.push_back(std::move(access));
    authenticator_ = authenticators_.back().get();
    if (now.tls.has_value() != config_.tls.has_value())
        now.tls = config_.tls;
    else
        certificate_ = std::move(certificate);
    config_ = std::move(now);
    metrics_ = std::make_shared<const MetricsConfig>(config_.metrics);
    watch_->log().use(config_.log);
    http_->change(settings());
    return waiting;
}

std::vector<std::string> Server::addresses() const {
    std::vector<std::string> addresses = http_->addresses();
    addresses.pop_back();
    return addresses;
}

std::vector<std::string> Server::metrics_addresses() const {
    return watching_http_ ? watching_http_->addresses() : std::vector<std::string>();
}

std::optional<std::chrono::milliseconds> Server::idle() const {
    if (!runner_->at_rest()) return std::nullopt;
    return http_->idle();
}

bool Server::answers(std::chrono::milliseconds time) {
    const auto catalog = session_.catalog();
    return http_->responds(time) && catalog && (*catalog)->list({.limit = 1}).has_value();
}

void Server::stop() {
    runner_->end_waits();
    http_->stop();
    watching_http_.reset();
    folders_.reset();
    sweeper_.reset();
    keeper_.reset();
    runner_.reset();
}

Server::~Server() {
    watching_http_.reset();
    http_.reset(); // no call writes any more
    session_.on_progress({});
    if (last_head_.number != 0) (void)audit_head_.keep(last_head_);
}

// What was kept long enough goes.
void Server::let_go() {
    const auto catalog = session_.catalog();
    const auto pipeline = session_.pipeline();
    if (!catalog || !pipeline) return;
    if (Status forgotten = (*catalog)->requests().forget(clock_.now() - kAnswersKept); !forgotten)
        warn(forgotten.error());
    const auto has_limits = [](const Dataset& dataset) { return dataset.retention != Retention(); };
    if (!std::ranges::any_of(session_.current_project()->datasets, has_limits)) return;
    if (const auto pruned = (*pipeline)->prune(false); !pruned) warn(pruned.error());
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
        project,
        folder::SourceParts{
            .catalog = catalog,
            .pipeline = pipeline,
            .stopping = {},
            .queued = [this] { runner_->wake(); },
            .told = [this](std::string_view what, const PickupRecord& pickup) { watch_->pickup(what, pickup); },
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
    notifier_ = std::make_unique<Notifier>(
        NotifierParts{.settings = project.notify,
                      .catalog = catalog,
                      .objects = *TRY(session_.objects()),
                      .clock = session_.clock(),
                      .courier = *courier_,
                      .project = project.name,
                      .source = event_source(project),
                      .failed = failed,
                      .tried = [this](const NotificationRecord& record) { watch_->figures().tried(record); }});
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

} // namespace inlet
