// A request on its way through a route: what the connection's coroutine and the route's thread share. Floor 5.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fmt/format.h>

#include "http/asio/net.hpp"
#include "http/body.hpp"
#include "http/body_pipe.hpp"
#include "http/client_meter.hpp"
#include "http/disk_room.hpp"
#include "http/message.hpp"

namespace inlet::http {

class Exchange final : public Body, public std::enable_shared_from_this<Exchange> {
public:
    explicit Exchange(asio::any_io_executor io)
        : pipe([this] { wake(); }), executor_(std::move(io)), changed_(executor_) {}

    // The route's, until it has answered; then the connection's.
    Request request;
    BodyPipe pipe;
    std::vector<Quota> quotas; // to be told with the answer

    // Body, for the route.
    Result<std::size_t> read(std::span<char> room) override { return pipe.read(room); }
    Headers trailers() const override { return pipe.trailers(); }
    void inform(unsigned status, std::string_view reason, const Headers& headers) override {
        std::string text = fmt::format("HTTP/1.1 {} {}\r\n", status, reason);
        for (const auto& [name, value] : headers.all()) text += fmt::format("{}: {}\r\n", name, value);
        asio::post(executor_, [kept = shared_from_this(), text = text + "\r\n"] {
            kept->interim_ += text;
            kept->wake_here();
        });
    }
    void give_up(Error error) override {
        asio::post(executor_, [kept = shared_from_this(), error = std::move(error)]() mutable {
            kept->given_up = std::move(error);
            if (kept->stop_reading) kept->stop_reading();
            kept->wake_here();
        });
    }

    // From any thread, as the last thing the route does.
    void respond(Response answer) {
        asio::post(executor_, [kept = shared_from_this(), answer = std::move(answer)]() mutable {
            kept->response = std::move(answer);
            kept->wake_here();
        });
    }

    // On the connection's thread alone:
    std::optional<Response> response;
    std::uint64_t body_bytes = 0; // so far
    DiskRoom::Share disk_share;
    std::optional<Error> given_up;      // what the route is to read once it has read what came
    std::function<void()> stop_reading; // the connection's, while it may read
    // What is to be sent before it.
    std::string take_interim() { return std::exchange(interim_, {}); }
    // Returns when the pipe has room or the response is there.
    asio::awaitable<void> wait() { co_await wait(Clock::time_point::max()); }
    // Until somebody wakes it, or that moment. Whether it was woken.
    asio::awaitable<bool> wait(Clock::time_point until) {
        if (!woken_) {
            error_code ignored;
            changed_.expires_at(until);
            co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        co_return std::exchange(woken_, false);
    }
    // From any thread.
    void wake() {
        asio::post(executor_, [kept = shared_from_this()] { kept->wake_here(); });
    }

private:
    void wake_here() {
        woken_ = true;
        changed_.cancel();
    }

    asio::any_io_executor executor_;
    asio::steady_timer changed_; // on the connection's thread
    bool woken_ = false;         // on the connection's thread
    std::string interim_;        // on the connection's thread
};

} // namespace inlet::http
