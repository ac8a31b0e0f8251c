// `inlet notifications`: what was told to whom, and what could not be.
#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/display_text.hpp"
#include "app/figures.hpp"
#include "app/session.hpp"
#include "app/text_table.hpp"
#include "catalog/notification_json.hpp"
#include "catalog/notifications.hpp"

namespace inlet {

namespace {

class NotificationsCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "notifications",
                .group = "Serving",
                .summary = "list what webhooks and people were told, and send it again",
                .description = "One line for each event and receiver, newest first. `pending` will be sent, or sent "
                               "again, by the server; `dead` was given up, after a day or because the receiver "
                               "refused it, and can be sent again. Works beside a running server.",
                .examples = {{"inlet notifications", "the last 50"},
                             {"inlet notifications --state dead", "what was given up"},
                             {"inlet notifications resend 12", "send it once more"}}};
    }

    std::vector<Argument> arguments() override {
        return {
            {.names = "ACTION",
             .help = "what to do; without it, list",
             .into = &action_,
             .completes = Completes::choices,
             .choices = {"list", "resend"}},
            {.names = "ID", .help = "resend: which", .into = &id_, .least = 1},
            {.names = "--state",
             .value = "STATE",
             .help = "only those in this state",
             .into = &state_,
             .completes = Completes::choices,
             .choices = {"pending", "delivered", "dead"}},
            {.names = "--receiver", .value = "NAME", .help = "only for this receiver", .into = &receiver_},
            {.names = "-n,--limit", .value = "N", .help = "how many at most (50)", .into = &limit_, .least = 1},
            {.names = "--before", .value = "ID", .help = "only those with a lower id", .into = &before_, .least = 1}};
    }

    Result<int> run(Session& session) override {
        Notifications& notifications = TRY(session.catalog())->notifications();
        if (action_ == "resend") return resend(session.console(), notifications);
        if (id_) return usage_error("an ID goes with resend");
        NotificationFilter filter{.receiver = receiver_, .state = notification_state_from(state_), .before = before_};
        if (limit_) filter.limit = static_cast<std::size_t>(*limit_);
        const std::vector<NotificationRecord> records = TRY(notifications.list(filter));
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            json.begin_object().key("notifications").begin_array();
            for (const NotificationRecord& record : records) write_notification(json, record);
            json.end_array().end_object();
            TRY(console.print(json));
            return kDone;
        }
        return show(console, records, filter.limit);
    }

private:
    Result<int> resend(Console& console, Notifications& notifications) const {
        if (!id_) return usage_error("resend needs the id of a notification");
        TRY(notifications.send_again(*id_));
        if (console.json()) {
            JsonWriter json;
            write_notification(json, TRY(notifications.get(*id_)));
            TRY(console.print(json));
            return kDone;
        }
        console.note(fmt::format("notification {} will be sent again by the server", *id_));
        return kDone;
    }

    static Result<int> show(Console& console, const std::vector<NotificationRecord>& records, std::size_t limit) {
        if (records.empty()) {
            console.note("there are none");
            return kDone;
        }
        TextTable table({{"id", Align::right},
                         {"event"},
                         {"submission", Align::right},
                         {"receiver"},
                         {"state"},
                         {"attempts", Align::right},
                         {"last change"},
                         {"error"}});
        for (const NotificationRecord& record : records) {
            table.add({std::to_string(record.id), record.type,
                       record.submission ? std::to_string(record.submission.value) : "", record.receiver,
                       std::string(to_string(record.state)), std::to_string(record.attempts),
                       show_moment(record.updated_at), printable(record.last_error)});
        }
        TRY(console.print(table.render(console.terminal().out ? console.terminal().width : 0, console.paint())));
        if (records.size() == limit && records.back().id > 1)
            console.note(fmt::format("more: inlet notifications --before {}", records.back().id));
        return kDone;
    }

    std::string action_;
    std::optional<std::int64_t> id_;
    std::string state_;
    std::string receiver_;
    std::optional<std::int64_t> limit_;
    std::optional<std::int64_t> before_;
};

} // namespace

void add_notification_commands(Commands& commands) { commands.push_back(std::make_unique<NotificationsCommand>()); }

} // namespace inlet
