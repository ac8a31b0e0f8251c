// A request on its way through a route: what the connection's coroutine and the route's thread share. Floor 5.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/asio/net.hpp"
#include "http/body_pipe.hpp"
#include "http/client_meter.hpp"
#include "http/disk_room.hpp"
#include "http/message.hpp"

namespace inlet::http {

class Exchange : public std::enable_shared_from_this<Exchange> {
public:
    explicit Exchange(asio::any_io_executor io)
        : pipe([this] { wake(); }), executor_(std::move(io)), changed_(executor_) {}

    // The route's, until it has answered; then the connection's.
    Request request;
    BodyPipe pipe;
    std::vector<Quota> quotas; // to be told with the answer

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
    // Returns when the pipe has room or the response is there.
    asio::awaitable<void> wait() {
        if (!woken_) {
            error_code ignored;
            changed_.expires_at(Clock::time_point::max());
            co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        woken_ = false;
    }

private:
    void wake() {
        asio::post(executor_, [kept = shared_from_this()] { kept->wake_here(); });
    }
    void wake_here() {
        woken_ = true;
        changed_.cancel();
    }

    asio::any_io_executor executor_;
    asio::steady_timer changed_; // on the connection's thread
    bool woken_ = false;         // on the connection's thread
};

} // namespace inlet::http
