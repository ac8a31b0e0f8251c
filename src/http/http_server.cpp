#include "http/http_server.hpp"

#include <atomic>
#include <ctime>
#include <set>
#include <thread>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "base/thread_pool.hpp"
#include "http/body_pipe.hpp"

namespace inlet::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kDrainBytesMax = 256 << 10; // of a body nobody wants, to keep the connection
constexpr std::chrono::seconds kDrainTime{5};
constexpr std::size_t kStreamBlockBytes = 256 << 10;

std::string http_date() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[64];
    // In the C locale, which the program does not leave (RFC 9110, section 5.6.7).
    const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text, size};
}

// Runs work on a pool while the coroutine waits.
template <class T>
asio::awaitable<T> on_pool(ThreadPool& pool, std::move_only_function<T()> work) {
    auto executor = co_await asio::this_coro::executor;
    co_return co_await asio::async_initiate<decltype(asio::use_awaitable), void(T)>(
        [&pool, executor](auto handler, std::move_only_function<T()> what) {
            pool.submit([handler = std::move(handler), what = std::move(what), executor,
                         guard = asio::make_work_guard(executor)]() mutable {
                T result = what();
                asio::post(executor, [handler = std::move(handler), result = std::move(result)]() mutable {
                    std::move(handler)(std::move(result));
                });
            });
        },
        asio::use_awaitable, std::move(work));
}

// Calls for one pool, so many at once and no more waiting than allowed.
class Calls {
public:
    Calls(std::size_t threads, std::size_t waiting_max) : limit_(threads + waiting_max), pool_(threads) {}

    bool submit(std::move_only_function<void()> work) {
        if (taken_.fetch_add(1) >= limit_) {
            taken_.fetch_sub(1);
            return false;
        }
        pool_.submit([this, work = std::move(work)]() mutable {
            work();
            work = nullptr;
            taken_.fetch_sub(1);
        });
        return true;
    }
    ThreadPool& pool() { return pool_; }

private:
    const std::size_t limit_;
    std::atomic<std::size_t> taken_{0};
    ThreadPool pool_;
};

// A request on its way through a route: what the connection's coroutine and the route's thread share.
struct Exchange {
    explicit Exchange(asio::any_io_executor io)
        : executor(std::move(io)), changed(executor), pipe([this] { wake(); }) {}

    // From any thread; the exchange must be kept alive by whoever calls.
    void wake() {
        asio::post(executor, [kept = self.lock()] {
            if (kept == nullptr) return;
            kept->woken = true;
            kept->changed.cancel();
        });
    }

    // Until somebody wakes it, or that moment. Whether it was woken.
    asio::awaitable<bool> wait(Clock::time_point until = Clock::time_point::max()) {
        if (!woken) {
            error_code ignored;
            changed.expires_at(until);
            co_await changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        co_return std::exchange(woken, false);
    }

    std::weak_ptr<Exchange> self;
    asio::any_io_executor executor;
    // On the executor alone:
    asio::steady_timer changed;
    bool woken = false;
    std::optional<Response> response;

    Request request;
    BodyPipe pipe;
};

} // namespace

class HttpServer::Impl {
public:
    Impl(const ServerOptions& options, const Router& router, Guard guard, Log log)
        : options_(options), router_(router), guard_(std::move(guard)), log_(std::move(log)),
          calls_(options.call_threads, options.waiting_max), long_calls_(options.long_threads, options.waiting_max) {
        for (std::size_t i = 0; i < std::max<std::size_t>(options.io_threads, 1); ++i)
            loops_.push_back(std::make_unique<Loop>());
    }

    ~Impl() { stop(); }

    Status listen();
    void run();
    void stop();
    std::uint16_t port() const { return port_; }

private:
    class Connection;

    // An I/O thread and the connections it serves.
    struct Loop {
        asio::io_context context{1};
        std::set<Connection*> connections; // on the loop's thread alone
        std::thread thread;
    };

    asio::awaitable<void> accept();
    Response call(const Route& route, Request& request, ByteSource& body) const;

    const ServerOptions options_;
    const Router& router_;
    const Guard guard_;
    const Log log_;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_{false};
    std::atomic<std::size_t> connections_{0};
    std::vector<std::unique_ptr<Loop>> loops_;
    std::unique_ptr<tcp::acceptor> acceptor_; // on the first loop's thread
    Calls calls_;
    Calls long_calls_;
};

// One client's connection. On its loop's thread alone.
class HttpServer::Impl::Connection {
public:
    Connection(Impl& server, Loop& loop, tcp::socket socket)
        : server_(server), loop_(loop), stream_(std::move(socket)) {
        loop_.connections.insert(this);
        error_code ignored;
        const auto peer = stream_.socket().remote_endpoint(ignored);
        if (!ignored) peer_ = peer.address().to_string();
        stream_.socket().set_option(tcp::no_delay(true), ignored);
    }
    ~Connection() {
        loop_.connections.erase(this);
        server_.connections_.fetch_sub(1);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Serves request after request until one side closes.
    static asio::awaitable<void> run(std::unique_ptr<Connection> connection) {
        while (co_await connection->serve_one()) {
        }
        error_code ignored;
        connection->stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    }

    // What waits for the client ends now; a client that reads a feed goes on elsewhere, from the last that it took.
    void close_if_idle() {
        if (idle_ || sending_feed_) stream_.cancel();
        if (feeding_ != nullptr) feeding_->wake();
    }

private:
    using Parser = wire::request_parser<wire::buffer_body>;

    asio::awaitable<bool> serve_one() {
        error_code error;
        if (buffer_.size() == 0) {
            if (server_.stopping_) co_return false;
            idle_ = true;
            stream_.expires_after(server_.options_.idle_time);
            const std::size_t got = co_await stream_.async_read_some(buffer_.prepare(4096),
                                                                     asio::redirect_error(asio::use_awaitable, error));
            idle_ = false;
            if (error) co_return false;
            buffer_.commit(got);
        }
        Parser parser;
        parser.header_limit(static_cast<std::uint32_t>(server_.options_.header_bytes_max));
        parser.body_limit(boost::none);
        stream_.expires_after(server_.options_.header_time);
        co_await wire::async_read_header(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
        started_ = Clock::now();
        if (error) {
            if (error == wire::error::end_of_stream || error == beast::error::timeout) co_return false;
            if (error.category() != make_error_code(wire::error::bad_method).category()) co_return false;
            co_await refuse_unread(error);
            co_return false;
        }
        co_return co_await answer(parser);
    }

    // A request that is no HTTP. What follows it cannot be told apart from it, so that the connection ends.
    asio::awaitable<void> refuse_unread(error_code error) {
        const bool too_long = error == wire::error::header_limit;
        Response response = problem(
            Error(FailureCode::bad_argument, too_long ? fmt::format("the request's headers are longer than {} bytes",
                                                                    server_.options_.header_bytes_max)
                                                      : "the request is no HTTP/1.1: " + error.message()));
        if (too_long) response.status = 431;
        co_await write(nullptr, std::move(response), false, 11);
        co_await linger();
    }

    // Why the request is not taken although its syntax is right.
    static std::optional<Error> objection(const Parser& parser) {
        const auto& message = parser.get();
        if (message.version() != 10 && message.version() != 11)
            return Error(FailureCode::not_supported, "only HTTP/1.0 and HTTP/1.1 are spoken here");
        if (message.version() == 11 && message.count(wire::field::host) != 1)
            return Error(FailureCode::bad_argument, "a request needs exactly one Host header");
        const bool has_length = message.count(wire::field::content_length) != 0;
        const std::size_t encodings = message.count(wire::field::transfer_encoding);
        if (encodings > 1 || (encodings == 1 && has_length)) {
            return Error(FailureCode::bad_argument,
                         "a request says once how long it is: with Content-Length or with Transfer-Encoding");
        }
        if (encodings == 1 &&
            (message.version() == 10 || !beast::iequals(message[wire::field::transfer_encoding], "chunked"))) {
            return Error(FailureCode::not_supported, "the only Transfer-Encoding that is understood is chunked");
        }
        return std::nullopt;
    }

    asio::awaitable<bool> answer(Parser& parser) {
        const auto& message = parser.get();
        const unsigned version = message.version();
        auto exchange = std::make_shared<Exchange>(co_await asio::this_coro::executor);
        exchange->self = exchange;
        Request& request = exchange->request;
        request.target_text = message.target();
        request.peer = peer_;
        for (const auto& field : message) request.headers.add(field.name_string(), field.value());
        if (const auto length = parser.content_length()) request.body_bytes = *length;

        const auto method = method_from(message.method_string());
        if (method) request.method = *method;
        std::optional<Error> refusal = objection(parser);
        const bool in_order = !refusal;
        Router::Match match;
        if (!refusal) {
            auto target = Target::parse(request.target_text);
            if (!target) {
                refusal = target.error();
            } else {
                request.target = *std::move(target);
                if (method) match = server_.router_.match(*method, request.target);
                request.values = match.values;
            }
        }
        if (refusal) {
            exchange->response = problem(*refusal);
        } else if (match.route == nullptr) {
            exchange->response = not_found(match, method.has_value());
        } else {
            submit(exchange, *match.route);
        }
        const bool body_read = co_await feed(parser, *exchange) && in_order;
        const bool keep = body_read && message.keep_alive() && !server_.stopping_;
        const bool is_head = message.method() == wire::verb::head;
        const bool written = co_await write(exchange.get(), *std::move(exchange->response), keep, version, is_head);
        if (!written) co_return false;
        if (!keep && !body_read) co_await linger();
        co_return keep;
    }

    static Response not_found(const Router::Match& match, bool known_method) {
        if (match.allowed.empty() && known_method)
            return problem(Error(FailureCode::unknown_address,
                                 "there is nothing at this address; /openapi.json lists what there is"));
        Response response =
            problem(Error(FailureCode::method_not_allowed,
                          known_method ? "this address takes only " + match.allowed : "this method is not known here"));
        if (!match.allowed.empty()) response.headers.add("Allow", match.allowed);
        return response;
    }

    // Starts the call on its pool.
    void submit(const std::shared_ptr<Exchange>& exchange, const Route& route) {
        Calls& calls = route.takes_long ? server_.long_calls_ : server_.calls_;
        const bool taken = calls.submit([exchange, &server = server_, &route] {
            auto response = std::make_shared<Response>(server.call(route, exchange->request, exchange->pipe));
            asio::post(exchange->executor, [exchange, response] {
                exchange->response = std::move(*response);
                exchange->woken = true;
                exchange->changed.cancel();
            });
        });
        if (taken) return;
        exchange->response =
            problem(Error(FailureCode::rate_limited, "the server works on as many requests as it may; try again"));
        exchange->response->headers.add("Retry-After", "1");
    }

    // Hands the body to the call for as long as it wants it, until the answer is there. Whether the body was read to
    // its end.
    asio::awaitable<bool> feed(Parser& parser, Exchange& exchange) {
        bool continued = !beast::iequals(parser.get()[wire::field::expect], "100-continue");
        bool broken = false;
        if (parser.is_done()) exchange.pipe.end();
        while (!exchange.response) {
            if (broken || parser.is_done() || !exchange.pipe.has_room()) {
                co_await exchange.wait();
                continue;
            }
            if (!continued) {
                continued = true;
                error_code error;
                static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
                co_await asio::async_write(stream_, asio::buffer(kContinue),
                                           asio::redirect_error(asio::use_awaitable, error));
            }
            std::vector<char> block = exchange.pipe.spare();
            block.resize(server_.options_.body_block_bytes);
            const error_code error = co_await read_block(parser, block);
            if (error) {
                exchange.pipe.break_off(Error(FailureCode::incomplete_upload,
                                              "the request's body broke off before its end: " + error.message()));
                broken = true;
                continue;
            }
            exchange.pipe.push(std::move(block));
            if (parser.is_done()) exchange.pipe.end();
        }
        if (broken) co_return false;
        // A call that answered without its body: a small rest is read, so that the connection can go on.
        if (!continued && !parser.is_done()) co_return false; // the client was never told to send it
        std::uint64_t drained = 0;
        std::vector<char> block;
        while (!parser.is_done()) {
            block.resize(server_.options_.body_block_bytes);
            if (drained > kDrainBytesMax || co_await read_block(parser, block)) co_return false;
            drained += block.size();
        }
        co_return true;
    }

    // Fills the block with what there is of the body, at least a byte unless it ends.
    asio::awaitable<error_code> read_block(Parser& parser, std::vector<char>& block) {
        auto& body = parser.get().body();
        body.data = block.data();
        body.size = block.size();
        body.more = true;
        error_code error;
        stream_.expires_after(server_.options_.body_time);
        while (!parser.is_done() && body.size == block.size()) {
            co_await wire::async_read_some(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
            if (error == wire::error::need_buffer) error = {};
            if (error) co_return error;
        }
        block.resize(block.size() - body.size);
        co_return error;
    }

    asio::awaitable<bool> write(Exchange* exchange, Response response, bool keep, unsigned version,
                                bool is_head = false) {
        error_code error;
        if (response.feed != nullptr) {
            error = co_await write_feed(*exchange, response, keep, version, is_head);
        } else if (response.stream != nullptr) {
            error = co_await write_stream(response, keep, version, is_head);
        } else {
            wire::response<wire::string_body> message;
            fill_head(message, response, keep, version);
            message.content_length(response.body.size());
            if (response.status == 204 || response.status == 304) message.erase(wire::field::content_length);
            if (!is_head) message.body() = std::move(response.body);
            wire::response_serializer<wire::string_body> serializer(message);
            stream_.expires_after(server_.options_.send_time);
            if (is_head) {
                co_await wire::async_write_header(stream_, serializer,
                                                  asio::redirect_error(asio::use_awaitable, error));
            } else {
                co_await wire::async_write(stream_, serializer, asio::redirect_error(asio::use_awaitable, error));
            }
        }
        if (server_.log_) {
            const std::chrono::duration<double> time = Clock::now() - started_;
            server_.log_({exchange == nullptr ? nullptr : &exchange->request, response.status, time.count()});
        }
        co_return !error;
    }

    template <class Message>
    static void fill_head(Message& message, const Response& response, bool keep, unsigned version) {
        message.version(version == 10 ? 10 : 11);
        message.result(response.status);
        for (const auto& [name, value] : response.headers.all()) message.insert(name, value);
        message.set(wire::field::date, http_date());
        message.keep_alive(keep);
    }

    asio::awaitable<error_code> write_stream(Response& response, bool keep, unsigned version, bool is_head) {
        error_code error;
        wire::response<wire::buffer_body> message;
        fill_head(message, response, keep, version);
        if (response.stream_bytes) {
            message.content_length(*response.stream_bytes);
        } else if (version == 10) {
            message.keep_alive(false);
        } else {
            message.chunked(true);
        }
        message.body().data = nullptr;
        message.body().more = true;
        wire::response_serializer<wire::buffer_body> serializer(message);
        stream_.expires_after(server_.options_.send_time);
        co_await wire::async_write_header(stream_, serializer, asio::redirect_error(asio::use_awaitable, error));
        if (error || is_head) co_return error;
        std::vector<char> block(kStreamBlockBytes);
        std::uint64_t sent = 0;
        while (!serializer.is_done()) {
            const auto got = co_await on_pool<Result<std::size_t>>(server_.long_calls_.pool(),
                                                                   [&] { return response.stream->read(block); });
            if (!got || (*got == 0 && response.stream_bytes && sent < *response.stream_bytes)) {
                // The head is out: all that is left to say is that this is not the whole.
                stream_.close();
                co_return make_error_code(boost::system::errc::io_error);
            }
            sent += *got;
            message.body().data = *got == 0 ? nullptr : block.data();
            message.body().size = *got;
            message.body().more = *got != 0;
            stream_.expires_after(server_.options_.send_time);
            co_await wire::async_write(stream_, serializer, asio::redirect_error(asio::use_awaitable, error));
            if (error == wire::error::need_buffer) error = {};
            if (error) co_return error;
        }
        co_return error;
    }

    // Sends what the feed has whenever it has something, until it ends, the client goes, or the server does.
    asio::awaitable<error_code> write_feed(Exchange& exchange, Response& response, bool keep, unsigned version,
                                           bool is_head) {
        error_code error;
        wire::response<wire::empty_body> head;
        fill_head(head, response, keep && version != 10, version);
        if (version != 10) head.chunked(true);
        wire::response_serializer<wire::empty_body> serializer(head);
        stream_.expires_after(server_.options_.send_time);
        co_await wire::async_write_header(stream_, serializer, asio::redirect_error(asio::use_awaitable, error));
        if (error || is_head) co_return error;
        response.feed->listen([weak = exchange.self] {
            if (const auto kept = weak.lock()) kept->wake();
        });
        feeding_ = &exchange;
        while (!error && !server_.stopping_) {
            std::optional<std::string> text = response.feed->take();
            if (!text) break;
            if (text->empty()) {
                if (co_await exchange.wait(Clock::now() + server_.options_.feed_idle)) continue;
                text = response.feed->idle();
            }
            error = co_await send_of_feed(*text, version);
        }
        feeding_ = nullptr;
        if (!error && version != 10) {
            stream_.expires_after(kDrainTime);
            co_await asio::async_write(stream_, wire::make_chunk_last(),
                                       asio::redirect_error(asio::use_awaitable, error));
        }
        co_return error;
    }

    asio::awaitable<error_code> send_of_feed(const std::string& text, unsigned version) {
        error_code error;
        sending_feed_ = true;
        stream_.expires_after(server_.options_.send_time);
        if (version == 10)
            co_await asio::async_write(stream_, asio::buffer(text), asio::redirect_error(asio::use_awaitable, error));
        else
            co_await asio::async_write(stream_, wire::make_chunk(asio::buffer(text)),
                                       asio::redirect_error(asio::use_awaitable, error));
        sending_feed_ = false;
        co_return error;
    }

    // Reads on for a moment what the client is still sending, lest it lose the answer to a reset (RFC 9112, section
    // 9.6).
    asio::awaitable<void> linger() {
        error_code error;
        stream_.socket().shutdown(tcp::socket::shutdown_send, error);
        std::vector<char> block(16 << 10);
        stream_.expires_after(kDrainTime);
        for (std::uint64_t read = 0; !error && read < kDrainBytesMax;) {
            read +=
                co_await stream_.async_read_some(asio::buffer(block), asio::redirect_error(asio::use_awaitable, error));
        }
    }

    Impl& server_;
    Loop& loop_;
    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    std::string peer_;
    Clock::time_point started_;
    bool idle_ = false;
    Exchange* feeding_ = nullptr; // while a feed is sent
    bool sending_feed_ = false;   // and the client has not taken all of what there was
};

Status HttpServer::Impl::listen() {
    error_code error;
    const auto address = asio::ip::make_address(options_.address, error);
    if (error)
        return fail(FailureCode::bad_argument, fmt::format("`{}` is no IP address to listen on", options_.address));
    const tcp::endpoint endpoint(address, options_.port);
    acceptor_ = std::make_unique<tcp::acceptor>(loops_.front()->context);
    acceptor_->open(endpoint.protocol(), error);
    if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_->bind(endpoint, error);
    if (!error) acceptor_->listen(1024, error);
    if (error) {
        return fail(FailureCode::io_failed,
                    fmt::format("cannot listen on {} port {}: {}", options_.address, options_.port, error.message()));
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
    while (!stopping_) {
        Loop& loop = *loops_[next++ % loops_.size()];
        error_code error;
        tcp::socket socket(loop.context);
        co_await acceptor_->async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
        if (error == asio::error::operation_aborted) co_return;
        if (error || connections_.fetch_add(1) >= options_.connections_max) {
            if (!error) connections_.fetch_sub(1);
            // Out of descriptors or of connections: wait for one to end rather than spin.
            asio::steady_timer pause(loops_.front()->context, std::chrono::milliseconds(20));
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
            continue;
        }
        asio::post(loop.context, [this, &loop, socket = std::move(socket)]() mutable {
            asio::co_spawn(loop.context, Connection::run(std::make_unique<Connection>(*this, loop, std::move(socket))),
                           asio::detached);
        });
    }
}

Response HttpServer::Impl::call(const Route& route, Request& request, ByteSource& body) const {
    if (!route.open && guard_) {
        if (auto allowed = guard_(request); !allowed) {
            Response response = problem(allowed.error());
            if (response.status == 401) response.headers.add("WWW-Authenticate", "Bearer realm=\"inlet\"");
            return response;
        }
    }
    auto response = route.handler(request, body);
    return response ? *std::move(response) : problem(response.error());
}

void HttpServer::Impl::stop() {
    if (stopping_.exchange(true)) return;
    for (auto& loop : loops_) {
        if (!loop->thread.joinable()) continue;
        asio::post(loop->context, [this, &loop = *loop] {
            if (&loop == loops_.front().get()) acceptor_->close();
            for (Connection* connection : loop.connections) connection->close_if_idle();
        });
    }
    while (connections_ != 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
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
