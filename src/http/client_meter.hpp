// How much each client may ask for: a token bucket of requests and one of bytes for each. Floor 5. Safe from any
// thread. It holds so many clients; one that is forgotten begins anew.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "contract/server_config.hpp"
#include "http/message.hpp"

namespace inlet::http {

// Tokens come in at a steady rate, up to `burst`; it begins full.
class TokenBucket {
public:
    using Moment = std::chrono::steady_clock::time_point;
    TokenBucket(double burst, Moment now) : tokens_(burst), at_(now) {}

    void pass(double rate, double burst, Moment now);
    // Below 0 is a debt, which is paid off first.
    void take(double count) { tokens_ -= count; }
    double tokens() const { return tokens_; }

private:
    double tokens_;
    Moment at_;
};

// What a client may still do, as draft-ietf-httpapi-ratelimit-headers-10 writes it.
struct Quota {
    std::string policy;      // its name
    std::string_view unit;   // empty: requests
    std::uint64_t limit = 0; // in a window of ...
    std::uint64_t window_seconds = 0;
    std::uint64_t left = 0;
    std::uint64_t full_in_seconds = 0;
};

class ClientMeter {
public:
    using Moment = TokenBucket::Moment;
    // `name` of its policies: "address".
    explicit ClientMeter(std::string name, std::size_t clients_max = 65'536)
        : name_(std::move(name)), clients_max_(clients_max) {}

    struct Verdict {
        std::vector<Quota> quotas;
        std::uint64_t retry_after_seconds = 0; // 0: the request may go on
    };
    // A request begins.
    Verdict request(const std::string& client, const ClientRates& rates, Moment now);
    // Bytes of a body came. A body is never broken off for them: they are a debt that the next requests wait for.
    void bytes(const std::string& client, const ClientRates& rates, std::uint64_t count, Moment now);

    std::size_t clients() const;

private:
    struct Client {
        TokenBucket requests;
        TokenBucket bytes;
    };
    Client& client(const std::string& name, const ClientRates& rates, Moment now); // under the mutex

    const std::string name_;
    const std::size_t clients_max_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Client> clients_; // behind mutex_
    Moment swept_;                                    // behind mutex_
};

// The headers RateLimit-Policy and RateLimit.
void add_quotas(Response& response, const std::vector<Quota>& quotas);

} // namespace inlet::http
