// What happens, as it happens: Server-Sent Events (WHATWG HTML, section 9.2), or a page of what happened as JSON.
#include "fronts/http/api.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "fronts/http/request_reading.hpp"
#include "fronts/http/schemas.hpp"

namespace inlet::http {

namespace {

constexpr std::size_t kPageDefault = 100;
constexpr std::size_t kPageMost = 1000;
// What a client waits before it comes back after the connection broke.
constexpr int kRetryMilliseconds = 2000;

class EventStream final : public Feed {
public:
    explicit EventStream(std::unique_ptr<EventHub::Listener> listener) : listener_(std::move(listener)) {}

    void listen(std::function<void()> wake) override { listener_->listen(std::move(wake)); }

    std::optional<std::string> take() override {
        std::string text;
        if (!std::exchange(begun_, true)) text = fmt::format("retry: {}\n\n", kRetryMilliseconds);
        for (const auto& event : listener_->take()) {
            // Progress has no number: to resume, only what is stored counts. The JSON has no line ends.
            const std::int64_t number = event->logged.event.number;
            if (number != 0) text += fmt::format("id: {}\n", number);
            text += fmt::format("event: {}\ndata: {}\n\n", event->logged.event.type, event->json);
        }
        return text;
    }

    std::string idle() override { return ": still here\n\n"; }

private:
    const std::unique_ptr<EventHub::Listener> listener_;
    bool begun_ = false;
};

Result<EventFilter> filter_of(const Request& request) {
    EventFilter filter;
    if (const std::string* text = request.parameter("dataset")) filter.dataset = *text;
    if (const std::string* text = request.parameter("submission"))
        filter.submission = SubmissionId(TRY(number("submission", *text, 1)));
    for (const auto& [name, value] : request.target.parameters) {
        if (name == "type") filter.types.push_back(value);
    }
    return filter;
}

// Of a client that comes back, the header says more than the address, which it keeps.
Result<std::optional<std::int64_t>> since_of(const Request& request) {
    if (const std::string* text = request.headers.find("Last-Event-ID")) return TRY(number("Last-Event-ID", *text, 0));
    if (const std::string* text = request.parameter("since")) return TRY(number("since", *text, 0));
    return std::nullopt;
}

bool wants_page(const Request& request) {
    const std::string* accept = request.headers.find("Accept");
    return request.parameter("limit") != nullptr ||
           (accept != nullptr && accept->find("application/json") != std::string::npos &&
            accept->find("text/event-stream") == std::string::npos);
}

class EventsApi {
public:
    explicit EventsApi(const ApiParts& parts) : parts_(parts) {}

    Result<Response> events(const Request& request) const {
        EventFilter filter = TRY(filter_of(request));
        const auto since = TRY(since_of(request));
        auto may_see = parts_.event_sight ? parts_.event_sight(request) : nullptr;
        if (wants_page(request)) return page(request, filter, since.value_or(0), may_see);
        Response response;
        response.headers.add("Content-Type", "text/event-stream");
        response.headers.add("Cache-Control", "no-store");
        response.headers.add("X-Accel-Buffering", "no");
        response.feed = std::make_unique<EventStream>(
            parts_.events.subscribe({.filter = std::move(filter), .since = since, .may_see = std::move(may_see)}));
        return response;
    }

private:
    Result<Response> page(const Request& request, const EventFilter& filter, std::int64_t since,
                          const std::function<bool(const LoggedEvent&)>& may_see) const {
        std::size_t limit = kPageDefault;
        if (const std::string* text = request.parameter("limit"))
            limit = std::min(static_cast<std::size_t>(TRY(number("limit", *text, 1))), kPageMost);
        const std::vector<LoggedEvent> found = TRY(parts_.catalog.event_log().after(since, filter, limit));
        JsonWriter json;
        json.begin_object().key("events").begin_array();
        for (const LoggedEvent& event : found) {
            if (!may_see || may_see(event)) json.raw(cloud_event(event, parts_.event_source));
        }
        // What to ask for next, whether there is something yet or not.
        json.end_array().member("since", found.empty() ? since : found.back().event.number).end_object();
        Response response = json_response(200, json.take());
        response.headers.add("Cache-Control", "no-store");
        return response;
    }

    const ApiParts parts_;
};

} // namespace

void add_events_api(Router& router, const ApiParts& parts) {
    const auto api = std::make_shared<const EventsApi>(parts); // shared by the routes
    router.add({.path = "/v1/events",
                .id = "listenToEvents",
                .summary = "What happens to deliveries, as it happens. With `limit`, or `Accept: application/json`, "
                           "a page of what happened, oldest first",
                .parameters = {{"since", "the number of the last event that is known; Last-Event-ID counts more",
                                R"({"type":"integer","minimum":0})"},
                               {"dataset", "only of this dataset or package", kNameSchema},
                               {"submission", "only of this submission", R"({"type":"integer","minimum":1})"},
                               {"type", "only of this type; can be given several times", kNameSchema},
                               {"limit", "a page of so many events at most",
                                R"({"type":"integer","minimum":1,"maximum":1000})"}},
                .answers = {{200, "the events, as CloudEvents", "text/event-stream"},
                            {200, "", "application/json", events_schema()}},
                .failures = {FailureCode::catalog_failed},
                .needs = Needs::grants,
                .handler = [api](const Request& request, ByteSource&) { return api->events(request); }});
}

} // namespace inlet::http
