// `inlet serve`: the program as a server.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>

#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/server.hpp"
#include "app/service.hpp"
#include "app/session.hpp"
#include "app/starter_project.hpp"
#include "app/systemd.hpp"
#include "contract/duration.hpp"

namespace inlet {

namespace {

constexpr const char* kListenDefault = "127.0.0.1:8080";

// Where stores are held by one process, that process plays every role.
Status check_roles(const std::string& text) {
    static constexpr std::array<std::string_view, 3> kRoles{"api", "intake", "worker"};
    std::array<bool, 3> named{};
    std::istringstream words(text);
    std::string word;
    while (std::getline(words, word, ',')) {
        const auto* found = std::ranges::find(kRoles, word);
        if (found == kRoles.end())
            return usage_error(fmt::format("--roles knows api, intake and worker; `{}` is none of them", word));
        named[static_cast<std::size_t>(found - kRoles.begin())] = true;
    }
    if (std::ranges::find(named, false) == named.end()) return {};
    return fail(FailureCode::roles_inseparable,
                "--roles must be api,intake,worker: the warehouse (DuckDB) and the catalog (SQLite) of this project "
                "are files that one process holds, so that roles cannot be split between processes");
}

class ServeCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "serve",
                .group = "Serving",
                .summary = "take deliveries in over HTTP",
                .description =
                    "Listens until it is told to end (Ctrl-C, SIGTERM), then finishes what is running; told again, it "
                    "ends at once. SIGHUP makes it read inlet.yaml and the certificate again. A delivery is safely "
                    "stored when it is answered, and is checked and published behind that. Every call needs a key; the "
                    "first one is made at the first start and shown once. /openapi.json lists the calls. Without an "
                    "inlet.yaml it makes one to begin with. The `server` section of inlet.yaml sets addresses, TLS and "
                    "limits.",
                .examples = {
                    {"inlet serve", "on this machine, port 8080, or where inlet.yaml says"},
                    {"inlet serve --listen 127.0.0.1:9000,unix:/run/inlet/http.sock", "elsewhere, and in two places"},
                    {"inlet serve --exit-when-idle 5m", "with systemd's socket activation: gone when unused"},
                    {"curl -H \"Authorization: Bearer $KEY\" --data-binary @ratings.csv "
                     "localhost:8080/v1/datasets/ratings/submissions",
                     "a delivery"}}};
    }

    std::vector<Argument> arguments() override {
        return {{.names = "--listen",
                 .value = "ADDRESS",
                 .help = "where to listen, instead of what inlet.yaml says: ADDRESS:PORT (port 0: any that is free) "
                         "or unix:/PATH; several are separated by commas",
                 .into = &listen_},
                {.names = "--roles",
                 .value = "LIST",
                 .help = "what this process does: api, intake, worker; all of them unless said",
                 .into = &roles_},
                {.names = "--exit-when-idle",
                 .value = "TIME",
                 .help = "end once nothing was asked, queued or run for so long, such as 90s or 5m",
                 .into = &exit_when_idle_}};
    }

    Reach reach() const override { return Reach::nowhere; }

    Result<int> run(Session& session) override {
        ServiceSettings settings;
        if (!roles_.empty()) TRY(check_roles(roles_));
        if (!exit_when_idle_.empty()) {
            settings.exit_when_idle = parse_duration(exit_when_idle_);
            if (settings.exit_when_idle.value_or(std::chrono::seconds(0)).count() == 0) {
                return usage_error(fmt::format("--exit-when-idle takes a time such as 90s, 5m or 1h, and `{}` is none",
                                               exit_when_idle_));
            }
        }
        std::vector<http::Listener> listeners = TRY(given_listeners());
        session.progress().silence();
        const bool made_project = TRY(make_project_if_none(session));
        const Systemd systemd([](const char* name) { return std::getenv(name); }, ::getpid());
        if (listeners.empty()) listeners = handed_over(systemd);
        if (listeners.empty()) listeners = configured(TRY(session.project())->server);
        const auto server = TRY(Server::start(session, std::move(listeners)));
        session.interrupts().hold(); // before anybody is told that it runs
        TRY(server->with_console([&](Console& console) { return announce(console, *server, made_project); }));
        return run_service(*server, session, systemd, settings);
    }

private:
    Result<std::vector<http::Listener>> given_listeners() const {
        std::vector<http::Listener> listeners;
        std::istringstream words(listen_);
        std::string word;
        while (std::getline(words, word, ',')) {
            auto address = parse_listen_address(word);
            if (!address)
                return usage_error(fmt::format("--listen takes ADDRESS:PORT or unix:/PATH, and `{}` is neither", word));
            listeners.push_back({.address = *std::move(address)});
        }
        return listeners;
    }

    static std::vector<http::Listener> handed_over(const Systemd& systemd) {
        std::vector<http::Listener> listeners;
        for (const int socket : systemd.sockets()) listeners.push_back({.descriptor = socket});
        return listeners;
    }

    static std::vector<http::Listener> configured(const ServerConfig& config) {
        std::vector<http::Listener> listeners;
        for (const ListenAddress& address : config.listen) listeners.push_back({.address = address});
        if (listeners.empty()) listeners.push_back({.address = *parse_listen_address(kListenDefault)});
        return listeners;
    }

    // Only where nobody said which project is meant.
    static Result<bool> make_project_if_none(Session& session) {
        const auto path = session.project_path();
        if (path || path.error().code != FailureCode::project_not_found || session.project_is_named()) return false;
        TRY(make_starter_project(session.disk()));
        return true;
    }

    static Status announce(Console& console, const Server& server, bool made_project) {
        const std::vector<std::string> addresses = server.addresses();
        const std::vector<std::string> metrics = server.metrics_addresses();
        const std::string& first_key = server.first_key();
        if (console.json()) {
            JsonWriter json;
            json.begin_object().member("url", addresses.front());
            json.key("addresses").begin_array();
            for (const std::string& address : addresses) json.value(address);
            json.end_array();
            if (!metrics.empty()) {
                json.key("metrics").begin_array();
                for (const std::string& address : metrics) json.value(address);
                json.end_array();
            }
            if (!first_key.empty()) json.member("key", first_key);
            if (made_project) json.member("made", "inlet.yaml");
            json.end_object();
            TRY(console.print(json));
            return console.flush();
        }
        std::string text;
        if (made_project) text += "made inlet.yaml, with a dataset `readings` to begin with\n";
        for (const std::string& address : addresses) text += fmt::format("listening on {}\n", address);
        for (const std::string& address : metrics) text += fmt::format("metrics at {}/metrics\n", address);
        if (!first_key.empty()) {
            text += fmt::format("key (shown only now): {}\n", first_key);
            text += made_project ? first_steps(addresses.front(), first_key)
                                 : fmt::format("\ntry\n  curl -H 'Authorization: Bearer {}' {}/v1/datasets\n",
                                               first_key, addresses.front());
        }
        TRY(console.print(text));
        return console.flush();
    }

    std::string listen_;
    std::string roles_;
    std::string exit_when_idle_;
};

} // namespace

void add_serve_command(Commands& commands) { commands.push_back(std::make_unique<ServeCommand>()); }

} // namespace inlet
