// `inlet users`: passwords for the project file; `inlet audit`: who did what.
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "access/password.hpp"
#include "app/audit_head_file.hpp"
#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/display_text.hpp"
#include "app/figures.hpp"
#include "app/session.hpp"
#include "app/text_table.hpp"
#include "catalog/audit_json.hpp"

namespace inlet {

namespace {

constexpr std::size_t kLimitDefault = 50;

// A terminal that does not show what is typed, until the end of its life.
class QuietTerminal {
public:
    QuietTerminal() : is_one_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
        if (!is_one_) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    ~QuietTerminal() {
        if (is_one_) (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    QuietTerminal(const QuietTerminal&) = delete;
    QuietTerminal& operator=(const QuietTerminal&) = delete;

private:
    termios before_{};
    bool is_one_;
};

// The first line of standard input.
Result<std::string> read_password(Console& console) {
    const bool asks = ::isatty(STDIN_FILENO) == 1;
    const QuietTerminal quiet;
    if (asks) console.warn("password: ");
    std::string line;
    std::array<char, 256> room{};
    while (!line.contains('\n') && line.size() <= kPasswordBytesMax) {
        const ssize_t count = ::read(STDIN_FILENO, room.data(), room.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail(FailureCode::io_failed, "cannot read standard input");
        if (count == 0) break;
        line.append(room.data(), static_cast<std::size_t>(count));
    }
    if (asks) console.warn("\n");
    line.resize(std::min(line.find('\n'), line.size()));
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

class UsersCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "users",
                .group = "Serving",
                .summary = "list the users of the project, and make password hashes for them",
                .description = "Users stand in the project file, under `access`, with a hash of their password and "
                               "their roles. `hash` reads a password, from the terminal or from standard input, and "
                               "prints the line to put there. A running server knows it once it gets SIGHUP.",
                .examples = {{"inlet users", "those there are"},
                             {"inlet users hash", "asks for a password"},
                             {"inlet users hash < password.txt", "from a file"}}};
    }

    std::vector<Argument> arguments() override {
        return {{.names = "ACTION",
                 .help = "what to do; without it, list",
                 .into = &action_,
                 .completes = Completes::choices,
                 .choices = {"list", "hash"}}};
    }

    Result<int> run(Session& session) override {
        Console& console = session.console();
        if (action_ == "hash") {
            const std::string password = TRY(read_password(console));
            const std::string hash = TRY(hash_password(password));
            if (console.json()) {
                JsonWriter json;
                json.begin_object().member("password_hash", hash).end_object();
                TRY(console.print(json));
            } else {
                TRY(console.print(fmt::format("password_hash: '{}'\n", hash)));
            }
            return kDone;
        }
        const Project* project = TRY(session.project());
        if (console.json()) {
            JsonWriter json;
            json.begin_object().key("users").begin_array();
            for (const User& user : project->access.users) {
                json.begin_object().member("name", user.name).key("roles").begin_array();
                for (const std::string& role : user.roles) json.value(role);
                json.end_array().end_object();
            }
            json.end_array().end_object();
            TRY(console.print(json));
            return kDone;
        }
        if (project->access.users.empty()) {
            console.note("there are none: they stand under `access` in the project file");
            return kDone;
        }
        TextTable table({{"name"}, {"roles"}});
        for (const User& user : project->access.users)
            table.add({user.name, fmt::format("{}", fmt::join(user.roles, ", "))});
        TRY(console.print(table.render(console.terminal().out ? console.terminal().width : 0, console.paint())));
        return kDone;
    }

private:
    std::string action_;
};

class AuditCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "audit",
                .group = "Serving",
                .summary = "who did what, and whether that log is whole",
                .description =
                    "Every act that changes something, over the network and from the command line, is an "
                    "entry. Each holds the hash of the one before it, so that none can be changed, put in or "
                    "taken out unseen. `verify` goes over all of them, and against where the log is known to "
                    "have ended: what it prints as the head can be kept elsewhere and given to a later "
                    "`verify`, which then sees whether the end was cut off or all of it rewritten.",
                .examples = {{"inlet audit", "the last 50 acts"},
                             {"inlet audit verify", "whether the log is whole"},
                             {"inlet audit verify --head \"$HEAD\"", "and goes on from where it was"}}};
    }

    std::vector<Argument> arguments() override {
        return {
            {.names = "ACTION",
             .help = "what to do; without it, list",
             .into = &action_,
             .completes = Completes::choices,
             .choices = {"list", "verify"}},
            {.names = "-n,--limit", .value = "N", .help = "list: how many at most (50)", .into = &limit_, .least = 1},
            {.names = "--before",
             .value = "N",
             .help = "list: only those with a lower number",
             .into = &before_,
             .least = 1},
            {.names = "--head", .value = "HEAD", .help = "verify: what an earlier one printed", .into = &head_}};
    }

    Result<int> run(Session& session) override {
        if (action_ == "verify") return verify(session);
        if (!head_.empty()) return usage_error("--head is for `audit verify`");
        return list(session);
    }

private:
    Result<int> verify(Session& session) const {
        Console& console = session.console();
        Catalog* catalog = TRY(session.catalog());
        const Project* project = TRY(session.project());
        AuditHeadFile file(session.disk(), project->data_folder);
        std::vector<AuditHead> known;
        if (!head_.empty()) known.push_back(TRY(audit_head_from(head_)));
        if (const auto kept = TRY(file.read())) known.push_back(*kept);
        const AuditHead head = TRY(verify_audit(catalog->audit(), known));
        TRY(file.keep(head));
        if (console.json()) {
            JsonWriter json;
            json.begin_object().member("entries", head.number).member("head", to_string(head)).end_object();
            TRY(console.print(json));
            return kDone;
        }
        TRY(console.print(fmt::format("the audit log is whole: {} entries\nhead: {}\n",
                                      show_count(static_cast<std::uint64_t>(head.number)), to_string(head))));
        return kDone;
    }

    Result<int> list(Session& session) const {
        Console& console = session.console();
        Catalog* catalog = TRY(session.catalog());
        const std::size_t limit = limit_ ? static_cast<std::size_t>(*limit_) : kLimitDefault;
        const std::vector<AuditEntry> entries = TRY(catalog->audit().newest(before_.value_or(0), limit));
        if (console.json()) {
            JsonWriter json;
            json.begin_object().key("entries").begin_array();
            for (const AuditEntry& entry : entries) write_audit_entry(json, entry);
            json.end_array().end_object();
            TRY(console.print(json));
            return kDone;
        }
        if (entries.empty()) {
            console.note("there are none");
            return kDone;
        }
        TextTable table({{"number", Align::right},
                         {"at"},
                         {"by"},
                         {"from"},
                         {"action"},
                         {"object"},
                         {"submission", Align::right},
                         {"outcome"}});
        for (const AuditEntry& entry : entries) {
            table.add({std::to_string(entry.number), show_moment(entry.at), entry.by, entry.address, entry.action,
                       entry.object, entry.submission ? std::to_string(entry.submission.value) : "", entry.outcome});
        }
        TRY(console.print(table.render(console.terminal().out ? console.terminal().width : 0, console.paint())));
        if (entries.size() == limit && entries.back().number > 1)
            console.note(fmt::format("more: inlet audit --before {}", entries.back().number));
        return kDone;
    }

    std::string action_;
    std::optional<std::int64_t> limit_;
    std::optional<std::int64_t> before_;
    std::string head_;
};

} // namespace

void add_access_commands(Commands& commands) {
    commands.push_back(std::make_unique<UsersCommand>());
    commands.push_back(std::make_unique<AuditCommand>());
}

} // namespace inlet
