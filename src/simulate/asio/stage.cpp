#include "simulate/asio/stage.hpp"

#include <algorithm>

namespace inlet::simulate {

namespace {

using namespace std::chrono_literals;
constexpr auto kPauseLeast = 20ms;
constexpr auto kPauseMost = 1000ms;
constexpr auto kLook = 200ms; // how often it is seen that the stage is over

} // namespace

asio::awaitable<void> Stage::pause(std::chrono::nanoseconds time) const {
    asio::steady_timer timer(context, time);
    error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> Stage::pause_until(Moment due) const {
    while (!over()) {
        const Moment now = steady_now();
        if (now >= due) co_return;
        co_await pause(std::min<std::chrono::nanoseconds>(due - now, kLook));
    }
}

asio::awaitable<std::optional<Reply>> Stage::ask(Client& client, const Ask& ask, Chance& chance, Cut first) const {
    Cut cut = first;
    std::chrono::nanoseconds rest = kPauseLeast;
    for (;;) {
        std::optional<Reply> reply = co_await client.call(ask, cut);
        if (reply && !reply->ask_again()) co_return reply;
        if (out_of_patience()) co_return std::nullopt;
        if (cut == Cut::none) {
            // Half to one and a half times as long, lest all come back at once.
            const auto tenths = static_cast<std::int64_t>(5 + chance() % 11);
            std::chrono::nanoseconds time = rest * tenths / 10;
            if (reply) time += reply->retry_after;
            co_await pause(time);
            rest = std::min<std::chrono::nanoseconds>(rest * 2, kPauseMost);
        }
        cut = Cut::none;
    }
}

Client& WatchedClients::add(Tally& tally) {
    clients_.push_back(std::make_unique<Client>(stage_.context, stage_.settings.server, stage_.settings.key, tally));
    return *clients_.back();
}

void WatchedClients::check() {
    const Moment now = steady_now();
    for (const auto& client : clients_) client->check(now);
}

} // namespace inlet::simulate
