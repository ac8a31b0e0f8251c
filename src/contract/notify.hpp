// Who is told what, and what is expected of whoever delivers. Floor 1; values.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inlet {

// The events that receivers can be told of; all of them unless a receiver says which.
inline constexpr std::array<std::string_view, 11> kToldEvents{
    "submission.received", "submission.published", "submission.rejected", "submission.held",
    "submission.undone",   "submission.expired",   "submission.failed",   "submission.cancelled",
    "delivery.late",       "delivery.missing",     "volume.unusual"};

// Which events a receiver wants; empty: all.
struct EventChoice {
    std::vector<std::string> events;
    std::vector<std::string> datasets; // and packages

    bool operator==(const EventChoice&) const = default;
};

struct WebhookSettings {
    std::string name;
    std::string url;               // http or https
    std::vector<std::string> keys; // bytes, each signs (https://www.standardwebhooks.com); at least one
    EventChoice choice;

    bool operator==(const WebhookSettings&) const = default;
};

struct MailSettings {
    std::string smtp; // "smtps://host:port" or "smtp://host:port"
    std::string from;
    std::string user; // empty: no login
    std::string password;
    bool tls_required = true; // smtp://: by STARTTLS
    std::vector<std::string> to;
    EventChoice choice;

    bool operator==(const MailSettings&) const = default;
};

struct NotifySettings {
    std::string base_url; // where people reach the server, for links; empty: no links
    std::vector<WebhookSettings> webhooks;
    std::optional<MailSettings> email;

    bool operator==(const NotifySettings&) const = default;
};

// When deliveries are due and how large they usually are.
struct Expectation {
    std::optional<std::chrono::seconds> every;
    std::optional<std::chrono::seconds> by; // since midnight UTC; only with `every` in whole days
    std::optional<double> min_share;        // of the usual number of records: 0.5 is half of it
    std::optional<double> max_share;

    bool operator==(const Expectation&) const = default;
};

} // namespace inlet
