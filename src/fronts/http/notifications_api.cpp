// What is to be told to whom, and what could not be.
#include "fronts/http/api.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "catalog/notification_json.hpp"
#include "catalog/notifications.hpp"
#include "fronts/http/request_reading.hpp"
#include "fronts/http/schemas.hpp"

namespace inlet::http {

namespace {

constexpr std::size_t kPageDefault = 50;
constexpr std::size_t kPageMost = 1000;

class NotificationsApi {
public:
    explicit NotificationsApi(const ApiParts& parts) : parts_(parts) {}

    Result<Response> list(const Request& request) const {
        NotificationFilter filter{.limit = kPageDefault};
        if (const std::string* text = request.parameter("limit"))
            filter.limit = std::min(static_cast<std::size_t>(TRY(number("limit", *text, 1))), kPageMost);
        if (const std::string* text = request.parameter("cursor")) filter.before = TRY(number("cursor", *text, 1));
        if (const std::string* text = request.parameter("receiver")) filter.receiver = *text;
        if (const std::string* text = request.parameter("state")) {
            filter.state = notification_state_from(*text);
            if (!filter.state)
                return fail(FailureCode::bad_argument,
                            fmt::format("`state` is pending, delivered or dead, not `{}`", *text));
        }
        const std::vector<NotificationRecord> records = TRY(parts_.catalog.notifications().list(filter));
        JsonWriter json;
        json.begin_object().key("notifications").begin_array();
        for (const NotificationRecord& record : records) write_notification(json, record);
        json.end_array().key("cursor");
        if (records.size() == filter.limit && records.back().id > 1)
            json.value(std::to_string(records.back().id));
        else
            json.null();
        json.end_object();
        return json_response(200, json.take());
    }

    Result<Response> resend(const Request& request) const {
        const std::string& text = request.values.at("id");
        const auto id = number("id", text, 1);
        if (!id) return fail(FailureCode::unknown_notification, fmt::format("there is no notification `{}`", text));
        TRY(parts_.catalog.notifications().send_again(*id));
        parts_.notifier.wake();
        JsonWriter json;
        write_notification(json, TRY(parts_.catalog.notifications().get(*id)));
        return json_response(200, json.take());
    }

private:
    const ApiParts parts_;
};

} // namespace

void add_notifications_api(Router& router, const ApiParts& parts) {
    const auto api = std::make_shared<const NotificationsApi>(parts); // shared by the routes
    router.add({.path = "/v1/notifications",
                .id = "listNotifications",
                .summary = "What was told to webhooks and by e-mail, or is to be, newest first",
                .parameters = {{"state", "only those in this state", R"({"enum":["pending","delivered","dead"]})"},
                               {"receiver", "only for this receiver, such as webhook:crm", kNameSchema},
                               {"limit", "how many at most", R"({"type":"integer","minimum":1,"maximum":1000})"},
                               {"cursor", "of the page before", kIdSchema}},
                .answers = {{200, "a page", "application/json", notifications_schema()}},
                .needs = Needs::admin,
                .handler = [api](const Request& request, ByteSource&) { return api->list(request); }});
    router.add({.method = Method::post,
                .path = "/v1/notifications/{id}/resend",
                .path_values = {{"id", kIdSchema}},
                .id = "resendNotification",
                .summary = "Send what was delivered or given up once more, under the same message id",
                .answers = {{200, "the notification as it is now", "application/json", notification_schema()}},
                .failures = {FailureCode::unknown_notification, FailureCode::wrong_state},
                .needs = Needs::admin,
                .action = "notification.resend",
                .handler = [api](const Request& request, ByteSource&) { return api->resend(request); }});
}

} // namespace inlet::http
