// The threads, the listening and the end. What happens on a connection is in asio/.
#include "http/http_server.hpp"

#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "http/asio/connection.hpp"
#include "http/asio/serving.hpp"

namespace inlet::http {

using asio::ip::tcp;

class HttpServer::Impl {
public:
    Impl(const ServerOptions& options, const Router& router, Guard guard, Log log)
        : serving_(options, router, std::move(guard), std::move(log)) {
        for (std::size_t i = 0; i < std::max<std::size_t>(options.io_threads, 1); ++i)
            loops_.push_back(std::make_unique<Loop>());
    }

    ~Impl() { stop(); }

    Status listen();
    void run();
    void stop();
    std::uint16_t port() const { return port_; }

private:
    asio::awaitable<void> accept();
    void serve(Loop& loop, tcp::socket socket);

    Serving serving_;
    std::uint16_t port_ = 0;
    std::vector<std::unique_ptr<Loop>> loops_;
    std::unique_ptr<tcp::acceptor> acceptor_; // on the first loop's thread
};

Status HttpServer::Impl::listen() {
    const ServerOptions& options = serving_.options;
    error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error)
        return fail(FailureCode::bad_argument, fmt::format("`{}` is no IP address to listen on", options.address));
    const tcp::endpoint endpoint(address, options.port);
    acceptor_ = std::make_unique<tcp::acceptor>(loops_.front()->context);
    acceptor_->open(endpoint.protocol(), error);
    if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_->bind(endpoint, error);
    if (!error) acceptor_->listen(1024, error);
    if (error) {
        return fail(FailureCode::io_failed,
                    fmt::format("cannot listen on {} port {}: {}", options.address, options.port, error.message()));
    }
    port_ = acceptor_->local_endpoint().port();
    return {};
}

void HttpServer::Impl::run() {
    asio::co_spawn(loops_.front()->context, accept(), asio::detached);
    for (auto& loop : loops_) {
        loop->thread = std::thread([&context = loop->context] {
            const auto guard = asio::make_work_guard(context);
            context.run();
        });
    }
}

asio::awaitable<void> HttpServer::Impl::accept() {
    std::size_t next = 0;
    while (!serving_.stopping) {
        Loop& loop = *loops_[next++ % loops_.size()];
        error_code error;
        tcp::socket socket(loop.context);
        co_await acceptor_->async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
        if (error == asio::error::operation_aborted) co_return;
        if (error || serving_.connections.fetch_add(1) >= serving_.options.connections_max) {
            if (!error) serving_.connections.fetch_sub(1);
            // Out of descriptors or of connections: wait for one to end rather than spin.
            asio::steady_timer pause(loops_.front()->context, std::chrono::milliseconds(20));
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
            continue;
        }
        asio::post(loop.context,
                   [this, &loop, socket = std::move(socket)]() mutable { serve(loop, std::move(socket)); });
    }
}

// On the loop's thread.
void HttpServer::Impl::serve(Loop& loop, tcp::socket socket) {
    error_code ignored;
    const auto peer = socket.remote_endpoint(ignored);
    std::string peer_text = ignored ? "" : peer.address().to_string();
    socket.set_option(tcp::no_delay(true), ignored);
    asio::co_spawn(loop.context,
                   Connection::run(std::make_unique<Connection>(
                       serving_, loop, make_plain_channel(Socket(std::move(socket))), std::move(peer_text))),
                   asio::detached);
}

void HttpServer::Impl::stop() {
    if (serving_.stopping.exchange(true)) return;
    for (auto& loop : loops_) {
        if (!loop->thread.joinable()) continue;
        asio::post(loop->context, [this, &loop = *loop] {
            if (&loop == loops_.front().get()) acceptor_->close();
            for (Connection* connection : loop.connections) connection->close_if_idle();
        });
    }
    while (serving_.connections != 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    for (auto& loop : loops_) {
        loop->context.stop();
        if (loop->thread.joinable()) loop->thread.join();
    }
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::start(const ServerOptions& options, const Router& router, Guard guard,
                                                      Log log) {
    auto impl = std::make_unique<Impl>(options, router, std::move(guard), std::move(log));
    TRY(impl->listen());
    impl->run();
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const { return impl_->port(); }

} // namespace inlet::http
