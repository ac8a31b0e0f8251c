#include "http/client_meter.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace inlet::http {

namespace {

constexpr double kBurstSeconds = 10; // of the rate, if nothing else is said
constexpr std::chrono::seconds kSweepTime{1};

struct Measure {
    double rate = 0;
    double burst = 0;
};

Measure requests_of(const ClientRates& rates) {
    const auto rate = static_cast<double>(rates.requests_per_second.value_or(0));
    return {rate, rates.burst ? static_cast<double>(*rates.burst) : rate * kBurstSeconds};
}

Measure bytes_of(const ClientRates& rates) {
    const auto rate = static_cast<double>(rates.bytes_per_second.value_or(0));
    return {rate, rate * kBurstSeconds};
}

std::uint64_t whole(double number) { return number <= 0 ? 0 : static_cast<std::uint64_t>(number); }

Quota quota_of(std::string policy, std::string_view unit, const Measure& measure, double tokens) {
    return {.policy = std::move(policy),
            .unit = unit,
            .limit = whole(measure.burst),
            .window_seconds = whole(std::ceil(measure.burst / measure.rate)),
            .left = whole(tokens),
            .full_in_seconds = whole(std::ceil((measure.burst - tokens) / measure.rate))};
}

} // namespace

void TokenBucket::pass(double rate, double burst, Moment now) {
    const std::chrono::duration<double> time = now - at_;
    if (time.count() > 0) {
        tokens_ = tokens_ + rate * time.count();
        at_ = now;
    }
    tokens_ = std::min(tokens_, burst);
}

ClientMeter::Client& ClientMeter::client(const std::string& name, const ClientRates& rates, Moment now) {
    const Measure requests = requests_of(rates);
    const Measure bytes = bytes_of(rates);
    auto found = clients_.find(name);
    if (found == clients_.end()) {
        if (clients_.size() >= clients_max_ && now - swept_ >= kSweepTime) {
            swept_ = now;
            // Full buckets are as good as none.
            for (auto each = clients_.begin(); each != clients_.end();) {
                auto& [requests_left, bytes_left] = each->second;
                requests_left.pass(requests.rate, requests.burst, now);
                bytes_left.pass(bytes.rate, bytes.burst, now);
                const bool full = requests_left.tokens() >= requests.burst && bytes_left.tokens() >= bytes.burst;
                each = full ? clients_.erase(each) : std::next(each);
            }
        }
        if (clients_.size() >= clients_max_) clients_.erase(clients_.begin());
        found = clients_.emplace(name, Client{{requests.burst, now}, {bytes.burst, now}}).first;
    }
    found->second.requests.pass(requests.rate, requests.burst, now);
    found->second.bytes.pass(bytes.rate, bytes.burst, now);
    return found->second;
}

ClientMeter::Verdict ClientMeter::request(const std::string& name, const ClientRates& rates, Moment now) {
    Verdict verdict;
    if (!rates.requests_per_second && !rates.bytes_per_second) return verdict;
    const Measure requests = requests_of(rates);
    const Measure bytes = bytes_of(rates);
    const std::scoped_lock lock(mutex_);
    Client& one = client(name, rates, now);
    double wait = 0;
    if (rates.requests_per_second && one.requests.tokens() < 1) wait = (1 - one.requests.tokens()) / requests.rate;
    if (rates.bytes_per_second && one.bytes.tokens() < 0) wait = std::max(wait, -one.bytes.tokens() / bytes.rate);
    if (wait > 0)
        verdict.retry_after_seconds = std::max<std::uint64_t>(whole(std::ceil(wait)), 1);
    else
        one.requests.take(1);
    if (rates.requests_per_second) verdict.quotas.push_back(quota_of(name_, "", requests, one.requests.tokens()));
    if (rates.bytes_per_second)
        verdict.quotas.push_back(quota_of(name_ + "-bytes", "content-bytes", bytes, one.bytes.tokens()));
    return verdict;
}

void ClientMeter::bytes(const std::string& name, const ClientRates& rates, std::uint64_t count, Moment now) {
    if (!rates.bytes_per_second) return;
    const std::scoped_lock lock(mutex_);
    client(name, rates, now).bytes.take(static_cast<double>(count));
}

std::size_t ClientMeter::clients() const {
    const std::scoped_lock lock(mutex_);
    return clients_.size();
}

void add_quotas(Response& response, const std::vector<Quota>& quotas) {
    if (quotas.empty()) return;
    std::string policies;
    std::string left;
    for (const Quota& quota : quotas) {
        if (!policies.empty()) policies += ", ";
        if (!left.empty()) left += ", ";
        policies += fmt::format("\"{}\";q={}", quota.policy, quota.limit);
        if (!quota.unit.empty()) policies += fmt::format(";qu=\"{}\"", quota.unit);
        policies += fmt::format(";w={}", quota.window_seconds);
        left += fmt::format("\"{}\";r={};t={}", quota.policy, quota.left, quota.full_in_seconds);
    }
    response.headers.add("RateLimit-Policy", std::move(policies));
    response.headers.add("RateLimit", std::move(left));
}

} // namespace inlet::http
