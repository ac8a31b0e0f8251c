// `inlet serve`: the program as a server; `inlet keys`: who may call it.
#include <charconv>
#include <mutex>

#include <fmt/format.h>

#include "access/keyring.hpp"
#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/display_text.hpp"
#include "app/figures.hpp"
#include "app/session.hpp"
#include "app/text_table.hpp"
#include "fronts/http/api.hpp"
#include "fronts/http/http_server.hpp"
#include "pipeline/runner.hpp"

namespace inlet {

namespace {

constexpr const char* kAdmin = "admin";

std::optional<std::uint16_t> read_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return port;
}

// "127.0.0.1:8080", "[::1]:8080".
Result<http::ServerOptions> listening(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    const auto port = colon == std::string_view::npos ? std::nullopt : read_port(text.substr(colon + 1));
    if (!port) return usage_error(fmt::format("--listen takes ADDRESS:PORT, and `{}` is none", text));
    std::string_view address = text.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    http::ServerOptions options;
    options.address = address == "localhost" ? "127.0.0.1" : std::string(address);
    options.port = *port;
    return options;
}

class ServeCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "serve",
                .group = "Serving",
                .summary = "take deliveries in over HTTP",
                .description =
                    "Listens until it is told to end (Ctrl-C, SIGTERM), then finishes what is running. A delivery is "
                    "safely stored when it is answered, and is checked and published behind that. Every call needs a "
                    "key; the first one is made at the first start and shown once. /openapi.json lists the calls. TLS "
                    "is not spoken yet: put a proxy that does in front, if others than this machine are to reach it.",
                .examples = {{"inlet serve", "on this machine, port 8080"},
                             {"inlet serve --listen 127.0.0.1:9000", "on another port"},
                             {"curl -H \"Authorization: Bearer $KEY\" --data-binary @ratings.csv "
                              "localhost:8080/v1/datasets/ratings/submissions",
                              "a delivery"}}};
    }

    std::vector<Argument> arguments() override {
        return {{.names = "--listen",
                 .value = "ADDRESS:PORT",
                 .help = "where to listen (127.0.0.1:8080); port 0: any that is free",
                 .into = &listen_}};
    }

    Result<int> run(Session& session) override {
        http::ServerOptions options = TRY(listening(listen_));
        Console& console = session.console();
        session.progress().silence();
        Pipeline* pipeline = TRY(session.pipeline());
        Catalog* catalog = TRY(session.catalog());
        Keyring keyring(*catalog, session.clock());
        const std::string first_key = TRY(make_first_key(keyring, *catalog));

        std::mutex speaking; // the console is for one thread at a time
        Runner runner(*pipeline, *catalog, [&](const Error& error) {
            const std::scoped_lock lock(speaking);
            console.warn(error_text(error, console.err_paint()));
        });
        const Project& project = *TRY(session.project());
        http::Router router;
        http::add_api(router, {project, *catalog, session.warehouse(), *pipeline, runner});
        const auto server = TRY(http::HttpServer::start(
            options, router, [&](http::Request& request) { return http::authenticate(keyring, request); },
            [&](const http::Served& served) {
                const std::scoped_lock lock(speaking);
                log(console, served);
            }));
        {
            const std::scoped_lock lock(speaking);
            TRY(announce(console, options, server->port(), first_key));
        }
        session.interrupts().wait_for_first();
        const std::scoped_lock lock(speaking);
        console.note("ending: running requests are finished; again to end at once");
        return kDone;
    }

private:
    static Result<std::string> make_first_key(Keyring& keyring, Catalog& catalog) {
        if (!TRY(catalog.keys()).empty()) return "";
        return TRY(keyring.make(kAdmin, kAdmin, 0)).text;
    }

    static Status announce(Console& console, const http::ServerOptions& options, std::uint16_t port,
                           const std::string& first_key) {
        const std::string host =
            options.address.find(':') == std::string::npos ? options.address : "[" + options.address + "]";
        const std::string url = fmt::format("http://{}:{}", host, port);
        if (console.json()) {
            JsonWriter json;
            json.begin_object().member("url", url);
            if (!first_key.empty()) json.member("key", first_key);
            json.end_object();
            TRY(console.print(json));
        } else {
            std::string text = fmt::format("listening on {}\n", url);
            if (!first_key.empty()) {
                text += fmt::format(
                    "key (shown only now): {}\n\ntry\n  curl -H 'Authorization: Bearer {}' {}/v1/datasets\n", first_key,
                    first_key, url);
            }
            TRY(console.print(text));
        }
        return console.flush();
    }

    static void log(Console& console, const http::Served& served) {
        if (console.quiet()) return;
        const http::Request* request = served.request;
        JsonWriter json;
        json.begin_object();
        if (request != nullptr) {
            json.member("method", to_string(request->method)).member("target", request->target_text);
            json.member("peer", request->peer).member("by", request->principal);
        }
        json.member("status", served.status).member("seconds", served.seconds).end_object();
        console.warn(json.take() + "\n");
    }

    std::string listen_ = "127.0.0.1:8080";
};

class KeysCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "keys",
                .group = "Serving",
                .summary = "make, list and revoke keys for the server",
                .description = "A key is shown once, when it is made; only a hash of it is kept. A revoked key is "
                               "refused at once, by a running server too.",
                .examples = {{"inlet keys", "those there are"},
                             {"inlet keys create 'night job'", "a new one"},
                             {"inlet keys revoke 1f2e3d4c", "by the id that the list shows"}}};
    }

    std::vector<Argument> arguments() override {
        return {{.names = "ACTION",
                 .help = "what to do; without it, list",
                 .into = &action_,
                 .completes = Completes::choices,
                 .choices = {"list", "create", "revoke"}},
                {.names = "NAME", .help = "create: whose key it is; revoke: its id", .into = &name_}};
    }

    Result<int> run(Session& session) override {
        Catalog* catalog = TRY(session.catalog());
        if (action_ == "create") return create(session, *catalog);
        if (action_ == "revoke") {
            if (name_.empty()) return usage_error("revoke needs the id of a key");
            TRY(catalog->revoke_key(name_));
            session.console().note(fmt::format("key {} is refused from now on", printable(name_)));
            return kDone;
        }
        return list(session.console(), *catalog);
    }

private:
    Result<int> create(Session& session, Catalog& catalog) const {
        if (name_.empty()) return usage_error("create needs a name that says whose key it is");
        Console& console = session.console();
        const Keyring::Made made = TRY(Keyring(catalog, session.clock()).make(name_, kAdmin, 0));
        if (console.json()) {
            JsonWriter json;
            json.begin_object().member("id", made.record.id).member("name", made.record.name);
            json.member("key", made.text).end_object();
            TRY(console.print(json));
            return kDone;
        }
        console.note("the key is shown only now:");
        TRY(console.print(made.text + "\n"));
        return kDone;
    }

    static Result<int> list(Console& console, Catalog& catalog) {
        const std::vector<KeyRecord> keys = TRY(catalog.keys());
        if (console.json()) {
            JsonWriter json;
            json.begin_object().key("keys").begin_array();
            for (const KeyRecord& key : keys) {
                json.begin_object().member("id", key.id).member("name", key.name).member("role", key.role);
                json.member("created_at", iso_moment(key.created_at)).key("revoked_at");
                if (key.revoked_at == 0)
                    json.null();
                else
                    json.value(iso_moment(key.revoked_at));
                json.end_object();
            }
            json.end_array().end_object();
            TRY(console.print(json));
            return kDone;
        }
        if (keys.empty()) {
            console.note("there are none: `inlet serve` makes the first one, or `inlet keys create NAME`");
            return kDone;
        }
        TextTable table({{"id"}, {"name"}, {"role"}, {"made"}, {"revoked"}});
        for (const KeyRecord& key : keys) {
            table.add({key.id, key.name, key.role, show_moment(key.created_at),
                       key.revoked_at == 0 ? "" : show_moment(key.revoked_at)});
        }
        TRY(console.print(table.render(console.terminal().out ? console.terminal().width : 0, console.paint())));
        return kDone;
    }

    std::string action_;
    std::string name_;
};

} // namespace

void add_serve_commands(Commands& commands) {
    commands.push_back(std::make_unique<ServeCommand>());
    commands.push_back(std::make_unique<KeysCommand>());
}

} // namespace inlet
