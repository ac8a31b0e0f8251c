// Carries one message to one receiver, out of this process. Floor 5.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"

namespace inlet {

struct WebhookCall {
    std::string url; // http or https; nothing else is spoken, and redirects are not followed
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

struct MailCall {
    std::string smtp; // smtp or smtps
    bool tls_required = true;
    std::string user; // empty: no login
    std::string password;
    std::string from;
    std::string to;
    std::string message; // see wire_text()
};

struct Parcel {
    std::int64_t id = 0; // of the notification
    std::variant<WebhookCall, MailCall> call;
};

struct Arrival {
    enum class End : std::uint8_t {
        taken,   // 2xx
        gone,    // 410: the receiver wants nothing more
        refused, // for good: trying again would not help
        failed,  // this time
    };
    std::int64_t id = 0;
    End end = End::failed;
    std::string error;          // in words; empty if taken
    Timestamp wished_pause = 0; // until the next attempt, as the receiver asks; 0: it did not
};

class Courier {
public:
    virtual ~Courier() = default; // breaks off what is under way
    // Begins; of many at once.
    virtual void send(Parcel parcel) = 0;
    // Carries on until something arrived, somebody woke it, or the time is up.
    virtual std::vector<Arrival> wait(std::chrono::milliseconds time) = 0;
    // From any thread; the others are for one.
    virtual void wake() = 0;
};

} // namespace inlet
