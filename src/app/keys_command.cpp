// `inlet keys`: who may call the server.
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

void add_keys_commands(Commands& commands) { commands.push_back(std::make_unique<KeysCommand>()); }

} // namespace inlet
