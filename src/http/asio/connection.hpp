// One client's connection: request after request, until one side closes. Floor 5; on its loop's thread alone.
#pragma once

#include <memory>
#include <optional>

#include "http/asio/channel.hpp"
#include "http/asio/exchange.hpp"
#include "http/asio/request_reader.hpp"
#include "http/asio/serving.hpp"

namespace inlet::http {

class Connection {
public:
    // Counted in `serving` already.
    Connection(Serving& serving, Loop& loop, std::unique_ptr<Channel> channel, Peer peer);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    static asio::awaitable<void> run(std::unique_ptr<Connection> connection);
    // If no request is under way.
    void close_if_idle();
    // At once.
    void cut() { channel_->close(); }

private:
    asio::awaitable<bool> greet();
    asio::awaitable<bool> serve_one();
    asio::awaitable<void> refuse_unread(error_code error);
    asio::awaitable<bool> answer();
    void read_request(Exchange& exchange);
    Router::Match find_call(Exchange& exchange);
    std::optional<Error> refusal(Exchange& exchange, const Route& route);
    Status take(Exchange& exchange, std::uint64_t count);
    void submit(const std::shared_ptr<Exchange>& exchange, const Route& route);
    asio::awaitable<bool> gather(Exchange& exchange);
    asio::awaitable<void> allow_body();
    Router::Match overridden(Request& request, Router::Match match) const;
    asio::awaitable<bool> feed(Exchange& exchange);
    asio::awaitable<void> inform(Exchange& exchange);
    Headers trailers(const Request& request) const;
    asio::awaitable<void> linger();
    void log(const Request* request, const Route* route, const Response& response);

    Serving& serving_;
    Loop& loop_;
    const std::unique_ptr<Channel> channel_;
    const Peer peer_;
    RequestReader reader_;
    bool idle_ = false;
    Exchange* feeding_ = nullptr; // while a feed is sent
    bool sending_feed_ = false;   // and the client has not taken all of what there was
    Channel::Traffic counted_;    // of requests that are answered

    // Of the request under way:
    std::shared_ptr<const ServerSettings> settings_;
    Clock::time_point started_;
    bool in_order_ = false;  // HTTP's rules of framing are kept, so that its end is known
    bool continued_ = false; // the client may send its body
    bool broken_ = false;    // the body broke off
};

} // namespace inlet::http
