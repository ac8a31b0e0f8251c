// `inlet serve`: the program as a server; `inlet keys`: who may call it.
#include <charconv>

#include <fmt/format.h>

#include "access/keyring.hpp"
#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/display_text.hpp"
#include "app/figures.hpp"
#include "app/server.hpp"
#include "app/session.hpp"
#include "app/text_table.hpp"

namespace inlet {

namespace {

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
        session.progress().silence();
        const auto server = TRY(Server::start(session, options));
        TRY(server->with_console([&](Console& shared) { return announce(shared, options, *server); }));
        session.interrupts().wait_for_first();
        TRY(server->with_console([](Console& shared) -> Status {
            shared.note("ending: running requests are finished; again to end at once");
            return {};
        }));
        return kDone;
    }

private:
    static Status announce(Console& console, const http::ServerOptions& options, const Server& server) {
        const std::string host =
            options.address.find(':') == std::string::npos ? options.address : "[" + options.address + "]";
        const std::string url = fmt::format("http://{}:{}", host, server.port());
        const std::string& first_key = server.first_key();
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
        const Keyring::Made made = TRY(Keyring(catalog, session.clock()).make(name_, std::string(kAdminRole), 0));
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
