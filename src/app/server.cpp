#include "app/server.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <utility>

#include <fmt/format.h>

#include "app/display_text.hpp"
#include "base/json_writer.hpp"
#include "fronts/http/api.hpp"

namespace inlet {

namespace {

constexpr const char* kSocketName = "inlet.sock";

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

} // namespace

Result<std::unique_ptr<Server>> Server::start(Session& session, std::vector<http::Listener> listeners) {
    Pipeline* pipeline = TRY(session.pipeline());
    Catalog* catalog = TRY(session.catalog());
    const Project* project = TRY(session.project());
    std::unique_ptr<Server> server(new Server(session, *catalog, *pipeline));
    server->config_ = project->server;
    if (server->config_.tls) server->certificate_ = TRY(load(*server->config_.tls));
    if (TRY(catalog->keys()).empty())
        server->first_key_ = TRY(server->keyring_.make(std::string(kAdminRole), std::string(kAdminRole), 0)).text;
    server->runner_ =
        std::make_unique<Runner>(*pipeline, *catalog, [self = server.get()](const Error& error) { self->warn(error); });
    http::add_api(server->router_,
                  {session.current_project(), *catalog, session.warehouse(), *pipeline, *server->runner_});
    for (http::Listener& listener : listeners) listener.mode = project->server.socket_mode;
    listeners.push_back(
        {.address = {.path = fmt::format("{}/{}", project->data_folder, kSocketName)}, .mode = 0600, .trusted = true});
    server->http_ = TRY(http::HttpServer::start(
        {.listeners = std::move(listeners),
         .io_threads = project->server.threads,
         .disk_free_bytes = [folder = project->data_folder] { return free_bytes(folder); },
         .settings = server->settings()},
        server->router_, [self = server.get()](http::Request& request) { return self->guard(request); },
        [self = server.get()](const http::Served& served) { self->log(served); }));
    return server;
}

http::ServerSettings Server::settings() const {
    return {.limits = config_.limits, .cors = config_.cors, .tls = certificate_.context};
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
    return http::authenticate(keyring_, request);
}

Result<std::vector<std::string>> Server::reload(Session& session) {
    const Project& before = *TRY(session.project());
    std::unique_ptr<Project> next = TRY(session.read_project_again());
    Certificate certificate;
    if (next->server.tls) certificate = TRY(load(*next->server.tls));
    std::vector<std::string> waiting;
    const auto compare = [&](bool same, const char* what) {
        if (!same) waiting.push_back(fmt::format("{} stays as it was until the next start", what));
    };
    compare(next->data_folder == before.data_folder, "storage.data");
    ServerConfig now = next->server;
    compare(now.listen == config_.listen, "server.listen");
    compare(now.socket_mode == config_.socket_mode, "server.socket_mode");
    compare(now.threads == config_.threads, "server.threads");
    compare(now.tls.has_value() == config_.tls.has_value(), "whether addresses speak TLS (server.tls)");
    compare(now.limits.uploads == config_.limits.uploads, "server.limits.uploads");
    compare(now.limits.calls == config_.limits.calls, "server.limits.calls");
    compare(now.limits.waiting == config_.limits.waiting, "server.limits.waiting");
    next->data_folder = before.data_folder;
    TRY(pipeline_.reconfigure(std::move(next)));
    if (now.tls.has_value() != config_.tls.has_value())
        now.tls = config_.tls;
    else
        certificate_ = std::move(certificate);
    config_ = std::move(now);
    http_->change(settings());
    return waiting;
}

std::vector<std::string> Server::addresses() const {
    std::vector<std::string> addresses = http_->addresses();
    addresses.pop_back();
    return addresses;
}

std::optional<std::chrono::milliseconds> Server::idle() const {
    if (!runner_->at_rest()) return std::nullopt;
    return http_->idle();
}

bool Server::answers(std::chrono::milliseconds time) {
    return http_->responds(time) && catalog_.list({.limit = 1}).has_value();
}

void Server::stop() {
    runner_->end_waits();
    http_->stop();
    runner_.reset();
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
