// One client's connection: request after request, until one side closes. Floor 4; on its loop's thread alone.
#pragma once

#include <memory>
#include <string>

#include "http/asio/channel.hpp"
#include "http/asio/exchange.hpp"
#include "http/asio/request_reader.hpp"
#include "http/asio/serving.hpp"

namespace inlet::http {

class Connection {
public:
    // `peer`: the other side's address. Counted in `serving` already.
    Connection(Serving& serving, Loop& loop, std::unique_ptr<Channel> channel, std::string peer);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    static asio::awaitable<void> run(std::unique_ptr<Connection> connection);
    // If no request is under way.
    void close_if_idle();

private:
    asio::awaitable<bool> serve_one();
    asio::awaitable<void> refuse_unread(error_code error);
    asio::awaitable<bool> answer();
    void submit(const std::shared_ptr<Exchange>& exchange, const Route& route);
    asio::awaitable<bool> feed(Exchange& exchange);
    asio::awaitable<void> linger();
    void log(const Request* request, unsigned status) const;

    Serving& serving_;
    Loop& loop_;
    const std::unique_ptr<Channel> channel_;
    const std::string peer_;
    RequestReader reader_;
    Clock::time_point started_; // the request under way
    bool idle_ = false;
};

} // namespace inlet::http
