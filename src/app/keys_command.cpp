// `inlet keys`: who may call the server.
#include <fmt/format.h>

#include "access/key_json.hpp"
#include "access/keyring.hpp"
#include "app/act.hpp"
#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/display_text.hpp"
#include "app/figures.hpp"
#include "app/session.hpp"
#include "app/text_table.hpp"
#include "contract/duration.hpp"

namespace inlet {

namespace {

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> items;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        items.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return items;
}

Result<std::chrono::seconds> duration_of(std::string_view option, const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration)
        return usage_error(fmt::format("{} takes a time such as 45s, 12h or 90d, and `{}` is none", option, text));
    return *duration;
}

class KeysCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "keys",
                .group = "Serving",
                .summary = "make, list, rotate and revoke keys for the server",
                .description =
                    "A key is shown once, when it is made; only a hash of it is kept. Its roles are those of "
                    "the project file, and `admin`, which may do everything. A revoked key is refused at "
                    "once, by a running server too. Rotating gives a key a new secret, and takes the old one "
                    "for a while more, so that its owner has time to change over.",
                .examples = {{"inlet keys", "those there are"},
                             {"inlet keys create 'night job' --role sender --expires 90d", "a new one"},
                             {"inlet keys create shop --role sender --dataset orders,items", "for two datasets alone"},
                             {"inlet keys rotate 1f2e3d4c --grace 1h", "a new secret; the old one lasts an hour"},
                             {"inlet keys revoke 1f2e3d4c", "by the id that the list shows"}}};
    }

    std::vector<Argument> arguments() override {
        return {{.names = "ACTION",
                 .help = "what to do; without it, list",
                 .into = &action_,
                 .completes = Completes::choices,
                 .choices = {"list", "create", "rotate", "revoke"}},
                {.names = "NAME", .help = "create: whose key it is; rotate, revoke: its id", .into = &name_},
                {.names = "--role",
                 .value = "ROLES",
                 .help = "create: what it may do, with commas between; admin, where the project has no roles",
                 .into = &roles_},
                {.names = "--dataset",
                 .value = "NAMES",
                 .help = "create: only for these datasets or patterns, with commas between",
                 .into = &datasets_,
                 .completes = Completes::datasets},
                {.names = "--expires", .value = "TIME", .help = "create: refused after that long", .into = &expires_},
                {.names = "--grace",
                 .value = "TIME",
                 .help = "rotate: how long the old secret is still taken (24h)",
                 .into = &grace_}};
    }

    Result<int> run(Session& session) override {
        if (action_ != "create" && (!roles_.empty() || !datasets_.empty() || !expires_.empty()))
            return usage_error("--role, --dataset and --expires are for `keys create`");
        if (action_ != "rotate" && !grace_.empty()) return usage_error("--grace is for `keys rotate`");
        Catalog* catalog = TRY(session.catalog());
        if (action_ == "create") return create(session, *catalog);
        if (action_ == "rotate") return rotate(session, *catalog);
        if (action_ == "revoke") {
            if (name_.empty()) return usage_error("revoke needs the id of a key");
            TRY(written_down(session, {.action = "key.revoke", .object = name_}, catalog->keys().revoke(name_)));
            session.console().note(fmt::format("key {} is refused from now on", printable(name_)));
            return kDone;
        }
        return list(session.console(), *catalog);
    }

private:
    Result<int> create(Session& session, Catalog& catalog) const {
        if (name_.empty()) return usage_error("create needs a name that says whose key it is");
        const Project* project = TRY(session.project());
        Keyring::Wanted wanted{.name = name_, .roles = split(roles_), .datasets = split(datasets_)};
        if (wanted.roles.empty()) {
            if (!project->access.roles.empty())
                return usage_error("the project has roles: say with --role which of them the key has");
            wanted.roles.emplace_back(kAdminRole);
        }
        if (!expires_.empty()) {
            const std::chrono::seconds given = TRY(duration_of("--expires", expires_));
            wanted.expires_at = session.clock().now() + std::chrono::microseconds(given).count();
        }
        auto made = Keyring(*project, catalog, session.clock()).make(wanted);
        const std::string id = made ? made->record.id : "";
        made = written_down(session, {.action = "key.create", .object = id}, std::move(made));
        if (!made) return fail(std::move(made.error()));
        return show(session.console(), *made);
    }

    Result<int> rotate(Session& session, Catalog& catalog) const {
        if (name_.empty()) return usage_error("rotate needs the id of a key");
        const Project* project = TRY(session.project());
        std::chrono::seconds grace = Keyring::kGraceDefault;
        if (!grace_.empty()) grace = TRY(duration_of("--grace", grace_));
        const Keyring::Made made = TRY(written_down(session, {.action = "key.rotate", .object = name_},
                                                    Keyring(*project, catalog, session.clock()).rotate(name_, grace)));
        if (grace.count() > 0)
            session.console().note(fmt::format("the old secret is taken until {}", show_moment(made.record.old_until)));
        return show(session.console(), made);
    }

    static Result<int> show(Console& console, const Keyring::Made& made) {
        if (console.json()) {
            JsonWriter json;
            json.begin_object();
            write_key_members(json, made.record);
            json.member("key", made.text).end_object();
            TRY(console.print(json));
            return kDone;
        }
        console.note("the key is shown only now:");
        TRY(console.print(made.text + "\n"));
        return kDone;
    }

    static Result<int> list(Console& console, Catalog& catalog) {
        const std::vector<KeyRecord> keys = TRY(catalog.keys().all());
        if (console.json()) {
            JsonWriter json;
            json.begin_object().key("keys").begin_array();
            for (const KeyRecord& key : keys) write_key(json, key);
            json.end_array().end_object();
            TRY(console.print(json));
            return kDone;
        }
        if (keys.empty()) {
            console.note("there are none: `inlet serve` makes the first one, or `inlet keys create NAME`");
            return kDone;
        }
        const auto moment = [](Timestamp at) { return at == 0 ? std::string() : show_moment(at); };
        TextTable table({{"id"}, {"name"}, {"roles"}, {"datasets"}, {"made"}, {"last used"}, {"expires"}, {"revoked"}});
        for (const KeyRecord& key : keys) {
            table.add({key.id, key.name, fmt::format("{}", fmt::join(key.roles, ", ")),
                       fmt::format("{}", fmt::join(key.datasets, ", ")), show_moment(key.created_at),
                       moment(key.last_used_at), moment(key.expires_at), moment(key.revoked_at)});
        }
        TRY(console.print(table.render(console.terminal().out ? console.terminal().width : 0, console.paint())));
        return kDone;
    }

    std::string action_;
    std::string name_;
    std::string roles_;
    std::string datasets_;
    std::string expires_;
    std::string grace_;
};

} // namespace

void add_keys_command(Commands& commands) { commands.push_back(std::make_unique<KeysCommand>()); }

} // namespace inlet
