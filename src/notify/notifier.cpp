#include "notify/notifier.hpp"

#include <algorithm>
#include <iterator>
#include <random>
#include <set>

#include <fmt/format.h>

#include "base/trace_context.hpp"
#include "notify/cloud_event.hpp"
#include "notify/mail_message.hpp"
#include "notify/report.hpp"
#include "notify/retry_plan.hpp"
#include "notify/signature.hpp"

namespace inlet {

namespace {

constexpr std::size_t kPage = 256;
constexpr std::chrono::milliseconds kPoll{1000}; // for what other processes ask for
constexpr std::string_view kWebhook = "webhook:";
constexpr std::string_view kEmail = "email:";

bool wants(const EventChoice& choice, const LoggedEvent& event) {
    const auto chosen = [](const std::vector<std::string>& list, const std::string& one) {
        return list.empty() || std::ranges::find(list, one) != list.end();
    };
    if (!chosen(choice.events, event.event.type)) return false;
    return chosen(choice.datasets, event.target) ||
           std::ranges::any_of(event.datasets,
                               [&](const std::string& dataset) { return chosen(choice.datasets, dataset); });
}

std::string system_id() {
    std::random_device random; // the system's
    std::string id;
    for (int i = 0; i < 3; ++i) id += fmt::format("{:08x}", random());
    return id;
}

double system_chance() {
    std::random_device random;
    return static_cast<double>(random()) / static_cast<double>(std::random_device::max());
}

NotifierParts with_system(NotifierParts parts) {
    if (!parts.random_id) parts.random_id = system_id;
    if (!parts.chance) parts.chance = system_chance;
    return parts;
}

} // namespace

Notifier::Notifier(NotifierParts parts)
    : parts_(with_system(std::move(parts))), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Notifier::~Notifier() {
    thread_.request_stop();
    wake();
    thread_.join();
}

void Notifier::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        Timestamp next = parts_.clock.now() + std::chrono::microseconds(kPoll).count();
        Status done = begin();
        if (done) done = queue_new();
        if (done) done = send_due(next);
        if (stop.stop_requested()) return;
        const Timestamp pause = std::max<Timestamp>(next - parts_.clock.now(), 0) / 1000;
        std::ranges::move(parts_.courier.wait(std::chrono::milliseconds(pause + 1)), std::back_inserter(arrived_));
        // What cannot be written down now is written later, and until then not sent again.
        std::erase_if(arrived_, [&](const Arrival& arrival) {
            const Status settled = settle(arrival);
            if (!settled && done) done = settled;
            return settled.has_value();
        });
        if (!done && parts_.failed) parts_.failed(done.error());
    }
}

Status Notifier::begin() {
    if (begun_) return {};
    const bool nobody = parts_.settings.webhooks.empty() && !parts_.settings.email;
    const auto cursor = TRY(parts_.catalog.notifications().cursor());
    const std::int64_t last = TRY(parts_.catalog.event_log().last());
    // Whoever becomes a receiver later is not told what happened before.
    if (nobody && cursor) TRY(parts_.catalog.notifications().set_cursor(std::nullopt));
    if (!nobody && !cursor) TRY(parts_.catalog.notifications().set_cursor(last));
    cursor_ = cursor.value_or(last);
    begun_ = true;
    return {};
}

Status Notifier::queue_new() {
    const NotifySettings& settings = parts_.settings;
    if (settings.webhooks.empty() && !settings.email) return {};
    EventFilter told;
    told.types.assign(kToldEvents.begin(), kToldEvents.end());
    for (bool is_all = false; !is_all;) {
        const std::int64_t last = TRY(parts_.catalog.event_log().last());
        if (last <= cursor_) return {};
        const std::vector<LoggedEvent> page = TRY(parts_.catalog.event_log().after(cursor_, told, kPage));
        is_all = page.size() < kPage;
        const std::int64_t read = page.empty() ? last : std::max(is_all ? last : 0, page.back().event.number);
        off_ = TRY(parts_.catalog.notifications().switched_off());
        std::vector<NotificationRecord> rows;
        for (const LoggedEvent& event : page) {
            for (const WebhookSettings& webhook : settings.webhooks) {
                if (!wants(webhook.choice, event)) continue;
                rows.push_back(row_for(event, std::string(kWebhook) + webhook.name));
                const auto off = off_.find(rows.back().receiver);
                if (off == off_.end() || off->second != webhook.url) continue;
                rows.back().state = NotificationState::dead;
                rows.back().last_error = "not sent: the address answered 410, and is not told anything more";
            }
            if (!settings.email) continue;
            std::set<std::string> addresses;
            if (wants(settings.email->choice, event))
                addresses.insert(settings.email->to.begin(), settings.email->to.end());
            if (parts_.contacts) {
                for (std::string& address : parts_.contacts(event)) addresses.insert(std::move(address));
            }
            for (const std::string& address : addresses) rows.push_back(row_for(event, std::string(kEmail) + address));
        }
        if (!rows.empty()) TRY(parts_.catalog.notifications().queue(rows, read));
        cursor_ = read;
    }
    return {};
}

NotificationRecord Notifier::row_for(const LoggedEvent& event, std::string receiver) const {
    NotificationRecord row;
    row.event = event.event.number;
    row.type = event.event.type;
    row.submission = event.event.submission;
    row.receiver = std::move(receiver);
    row.message_id = "msg_" + parts_.random_id();
    row.next_at = parts_.clock.now();
    return row;
}

// Begins to send what is due; `next` becomes the moment at which more will be, if that is sooner.
Status Notifier::send_due(Timestamp& next) {
    const Timestamp now = parts_.clock.now();
    if (now - forgotten_at_ > kRetryFor) {
        TRY(parts_.catalog.notifications().forget(now - kKept));
        forgotten_at_ = now;
    }
    for (const auto& [receiver, at] : TRY(parts_.catalog.notifications().pending())) {
        if (under_way_.contains(receiver)) continue;
        if (at > now) {
            next = std::min(next, at);
            continue;
        }
        if (under_way_.size() >= kAtOnce) break;
        auto record = TRY(parts_.catalog.notifications().first_pending(receiver));
        if (record && record->next_at <= now) TRY(send(*std::move(record)));
    }
    return {};
}

Status Notifier::send(NotificationRecord record) {
    const auto event = TRY(event_of(record));
    if (!event) return bury(std::move(record), "the event is not kept any more");
    const std::string_view receiver = record.receiver;
    Parcel parcel{.id = record.id, .call = {}};
    std::string address;
    if (receiver.starts_with(kWebhook)) {
        const auto& webhooks = parts_.settings.webhooks;
        const auto webhook = std::ranges::find(webhooks, receiver.substr(kWebhook.size()), &WebhookSettings::name);
        if (webhook == webhooks.end()) return bury(std::move(record), "inlet.yaml has no such webhook any more");
        parcel.call = TRY(webhook_call(*webhook, record, *event));
        address = webhook->url;
    } else {
        if (!parts_.settings.email) return bury(std::move(record), "inlet.yaml has no `email` any more");
        parcel.call = TRY(mail_call(std::string(receiver.substr(kEmail.size())), record, *event));
    }
    if (record.first_at == 0) record.first_at = parts_.clock.now();
    std::string key = record.receiver;
    under_way_.emplace(std::move(key), UnderWay{.record = std::move(record), .address = std::move(address)});
    parts_.courier.send(std::move(parcel));
    return {};
}

Result<std::optional<LoggedEvent>> Notifier::event_of(const NotificationRecord& record) const {
    std::vector<LoggedEvent> found = TRY(parts_.catalog.event_log().after(record.event - 1, {}, 1));
    if (found.empty() || found.front().event.number != record.event) return std::nullopt;
    return std::move(found.front());
}

Result<WebhookCall> Notifier::webhook_call(const WebhookSettings& webhook, const NotificationRecord& record,
                                           const LoggedEvent& event) const {
    const std::int64_t seconds = parts_.clock.now() / 1'000'000;
    WebhookCall call;
    call.url = webhook.url;
    call.body = cloud_event(event, parts_.source);
    call.headers = {{"Content-Type", "application/cloudevents+json"},
                    {"webhook-id", record.message_id},
                    {"webhook-timestamp", std::to_string(seconds)},
                    {"webhook-signature", webhook_signature(record.message_id, seconds, call.body, webhook.keys)}};
    if (const auto trace = TraceContext::parse(event.trace))
        call.headers.emplace_back("traceparent", to_string(trace->child()));
    return call;
}

Result<MailCall> Notifier::mail_call(const std::string& to, const NotificationRecord& record,
                                     const LoggedEvent& event) const {
    const MailSettings& settings = *parts_.settings.email;
    std::optional<SubmissionRecord> submission;
    KeptParts kept;
    if (event.event.submission) {
        submission = TRY(parts_.catalog.get(event.event.submission));
        // What was wrong, where something is known of it: not of what has only just arrived.
        if (event.event.type != "submission.received") kept = read_kept(parts_.objects, *submission);
    }
    const Report report = report_of(event, submission, kept, parts_.project, parts_.settings.base_url);
    MailCall call;
    call.smtp = settings.smtp;
    call.tls_required = settings.tls_required;
    call.user = settings.user;
    call.password = settings.password;
    call.from = settings.from;
    call.to = to;
    call.message = wire_text({.from = settings.from,
                              .to = to,
                              .id = record.message_id,
                              .subject = report.subject,
                              .text = report.text,
                              .html = report.html,
                              .attachments = kept.rejects},
                             event.event.at);
    return call;
}

Status Notifier::settle(const Arrival& arrival) {
    const auto found =
        std::ranges::find_if(under_way_, [&](const auto& one) { return one.second.record.id == arrival.id; });
    if (found == under_way_.end()) return {};
    NotificationRecord record = found->second.record;
    ++record.attempts;
    record.last_error = arrival.error;
    switch (arrival.end) {
    case Arrival::End::taken:
        record.state = NotificationState::delivered;
        break;
    case Arrival::End::gone:
        record.state = NotificationState::dead;
        TRY(parts_.catalog.notifications().switch_off(record.receiver, found->second.address));
        break;
    case Arrival::End::refused:
        record.state = NotificationState::dead;
        break;
    case Arrival::End::failed: {
        const auto next =
            next_attempt(record.attempts, record.first_at, parts_.clock.now(), parts_.chance(), arrival.wished_pause);
        record.state = next ? NotificationState::pending : NotificationState::dead;
        record.next_at = next.value_or(record.next_at);
        break;
    }
    }
    TRY(write(record));
    under_way_.erase(found);
    return {};
}

Status Notifier::bury(NotificationRecord record, std::string why) const {
    record.state = NotificationState::dead;
    record.last_error = std::move(why);
    return write(record);
}

Status Notifier::write(const NotificationRecord& record) const {
    TRY(parts_.catalog.notifications().write(record));
    if (parts_.tried) parts_.tried(record);
    return {};
}

} // namespace inlet
