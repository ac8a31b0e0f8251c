#include "http/asio/serving.hpp"

#include <random>

#include <fmt/format.h>

namespace inlet::http {

bool ConnectionCount::add(const std::string& address, const std::optional<std::uint64_t>& per_address_max) {
    if (!address.empty()) {
        const std::scoped_lock lock(mutex_);
        std::uint64_t& count = by_address_[address];
        if (per_address_max && count >= *per_address_max) return false;
        ++count;
    }
    ++all_;
    return true;
}

void ConnectionCount::remove(const std::string& address) {
    if (!address.empty()) {
        const std::scoped_lock lock(mutex_);
        const auto found = by_address_.find(address);
        if (--found->second == 0) by_address_.erase(found);
    }
    --all_;
}

RequestIds::RequestIds() {
    std::random_device random;
    prefix_ = fmt::format("{:08x}-", random());
}

Serving::Serving(ServerOptions given, const Router& routes, HttpServer::Guard guarding, HttpServer::Witness witnessing,
                 HttpServer::Log logging)
    : options(std::move(given)), router(routes), guard(std::move(guarding)), witness(std::move(witnessing)),
      log(std::move(logging)), disk_room(options.disk_free_bytes),
      calls(options.settings.limits.calls, options.settings.limits.waiting),
      long_calls(options.settings.limits.uploads, options.settings.limits.waiting),
      settings_(std::make_shared<const ServerSettings>(options.settings)) {}

} // namespace inlet::http
