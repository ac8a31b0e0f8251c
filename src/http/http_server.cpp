// The threads, the listening and the end. What happens on a connection is in asio/.
#include "http/http_server.hpp"

#include <algorithm>
#include <condition_variable>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "http/asio/accepting.hpp"
#include "http/asio/connection.hpp"
#include "http/asio/serving.hpp"
#include "http/asio/tls_channel.hpp"

namespace inlet::http {

class HttpServer::Impl {
public:
    Impl(ServerOptions options, const Router& router, Guard guard, Witness witness, Log log)
        : serving_(std::move(options), router, std::move(guard), std::move(witness), std::move(log)) {
        for (std::size_t i = 0; i < std::max<std::size_t>(serving_.options.io_threads, 1); ++i)
            loops_.push_back(std::make_unique<Loop>());
    }

    ~Impl() { stop(); }

    Status listen();
    void run();
    void stop();
    std::vector<std::string> addresses() const;
    bool responds(std::chrono::milliseconds time) const;
    Serving& serving() { return serving_; }

private:
    // A socket, and the first loop's watch over it.
    struct Door {
        std::unique_ptr<ListeningSocket> socket;
        asio::posix::stream_descriptor watch;
    };

    bool speaks_tls(const ListeningSocket& socket) const;
    asio::awaitable<void> accept(Door& door);
    bool accept_one(const Door& door);
    void serve(Loop& loop, int descriptor, const ListeningSocket& socket, Peer peer);
    void on_connections(void (Connection::*what)());
    bool wait_for_end(Clock::time_point until);

    Serving serving_;
    std::vector<std::unique_ptr<Loop>> loops_;
    std::vector<std::unique_ptr<Door>> doors_; // used on the first loop's thread
    std::size_t next_loop_ = 0;                // on the first loop's thread
};

Status HttpServer::Impl::listen() {
    for (const Listener& listener : serving_.options.listeners) {
        auto socket = TRY(ListeningSocket::open(listener));
        asio::posix::stream_descriptor watch(loops_.front()->context, socket->descriptor());
        doors_.push_back(std::make_unique<Door>(std::move(socket), std::move(watch)));
    }
    return {};
}

bool HttpServer::Impl::speaks_tls(const ListeningSocket& socket) const {
    switch (socket.listener().address.tls) {
    case ListenAddress::Tls::never:
        return false;
    case ListenAddress::Tls::always:
        return true;
    case ListenAddress::Tls::if_configured:
        break;
    }
    return !socket.is_unix() && serving_.settings()->tls != nullptr;
}

std::vector<std::string> HttpServer::Impl::addresses() const {
    std::vector<std::string> names;
    for (const auto& door : doors_) {
        const std::string name = door->socket->name();
        names.push_back(door->socket->is_unix()     ? name
                        : speaks_tls(*door->socket) ? "https://" + name
                                                    : "http://" + name);
    }
    return names;
}

void HttpServer::Impl::run() {
    for (const auto& door : doors_) asio::co_spawn(loops_.front()->context, accept(*door), asio::detached);
    for (auto& loop : loops_) {
        loop->thread = std::thread([&context = loop->context] {
            const auto guard = asio::make_work_guard(context);
            context.run();
        });
    }
}

asio::awaitable<void> HttpServer::Impl::accept(Door& door) {
    error_code error;
    while (!error && !serving_.stopping) {
        co_await door.watch.async_wait(asio::posix::stream_descriptor::wait_read,
                                       asio::redirect_error(asio::use_awaitable, error));
        if (error) break;
        bool more = true;
        while (more) more = accept_one(door);
        if (errno == EAGAIN || errno == EWOULDBLOCK) continue;
        // Out of descriptors or of connections: wait for one to end rather than spin.
        error_code ignored;
        asio::steady_timer pause(loops_.front()->context, std::chrono::milliseconds(20));
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

// False with errno when there is none to be had.
bool HttpServer::Impl::accept_one(const Door& door) {
    const auto settings = serving_.settings();
    if (serving_.stopping || serving_.connections.all() >= settings->limits.connections) {
        errno = EMFILE;
        return false;
    }
    const int descriptor = accept_connection(*door.socket);
    if (descriptor < 0) return errno == EINTR || errno == ECONNABORTED;
    Peer peer{.address = peer_address(descriptor)};
    if (door.socket->listener().trusted) peer.local_user = peer_user(descriptor);
    // A proxy's connections are those of many.
    const bool of_many = settings->proxies.trusts(peer.address);
    if (!serving_.connections.add(peer.address, of_many ? std::nullopt : settings->limits.per_address.connections)) {
        ++serving_.refused;
        ::close(descriptor);
        return true;
    }
    ++serving_.accepted;
    Loop& loop = *loops_[next_loop_++ % loops_.size()];
    asio::post(loop.context, [this, &loop, descriptor, &socket = *door.socket, peer = std::move(peer)]() mutable {
        serve(loop, descriptor, socket, std::move(peer));
    });
    return true;
}

// On the loop's thread.
void HttpServer::Impl::serve(Loop& loop, int descriptor, const ListeningSocket& listening, Peer peer) {
    Socket socket(loop.context, asio::generic::stream_protocol(listening.is_unix() ? AF_UNIX : AF_INET, 0), descriptor);
    std::unique_ptr<Channel> channel;
    auto tls = serving_.settings()->tls;
    if (speaks_tls(listening) && tls != nullptr)
        channel = make_tls_channel(std::move(socket), std::move(tls));
    else
        channel = make_plain_channel(std::move(socket));
    asio::co_spawn(loop.context,
                   Connection::run(std::make_unique<Connection>(serving_, loop, std::move(channel), std::move(peer))),
                   asio::detached);
}

void HttpServer::Impl::on_connections(void (Connection::*what)()) {
    for (auto& loop : loops_) {
        asio::post(loop->context, [&loop = *loop, what] {
            for (Connection* connection : loop.connections) (connection->*what)();
        });
    }
}

bool HttpServer::Impl::wait_for_end(Clock::time_point until) {
    while (serving_.connections.all() != 0) {
        if (Clock::now() >= until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

void HttpServer::Impl::stop() {
    if (serving_.stopping.exchange(true)) return;
    if (loops_.front()->thread.joinable()) {
        asio::post(loops_.front()->context, [this] {
            error_code ignored;
            for (const auto& door : doors_) door->watch.cancel(ignored);
        });
        on_connections(&Connection::close_if_idle);
        if (!wait_for_end(Clock::now() + serving_.settings()->limits.stop_time)) {
            on_connections(&Connection::cut);
            wait_for_end(Clock::time_point::max());
        }
    }
    for (auto& loop : loops_) {
        loop->context.stop();
        if (loop->thread.joinable()) loop->thread.join();
    }
    // The descriptors are the sockets' to close.
    for (const auto& door : doors_) door->watch.release();
}

bool HttpServer::Impl::responds(std::chrono::milliseconds time) const {
    struct Answers {
        std::mutex mutex;
        std::condition_variable came;
        std::size_t missing = 0;
    };
    const auto answers = std::make_shared<Answers>(); // shared with the loops
    answers->missing = loops_.size();
    for (const auto& loop : loops_) {
        asio::post(loop->context, [answers] {
            const std::scoped_lock lock(answers->mutex);
            --answers->missing;
            answers->came.notify_one();
        });
    }
    std::unique_lock lock(answers->mutex);
    return answers->came.wait_for(lock, time, [&] { return answers->missing == 0; });
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::start(ServerOptions options, const Router& router, Guard guard,
                                                      Witness witness, Log log) {
    auto impl =
        std::make_unique<Impl>(std::move(options), router, std::move(guard), std::move(witness), std::move(log));
    TRY(impl->listen());
    impl->run();
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::vector<std::string> HttpServer::addresses() const { return impl_->addresses(); }

void HttpServer::change(ServerSettings settings) { impl_->serving().change(std::move(settings)); }

std::optional<std::chrono::milliseconds> HttpServer::idle() const {
    const auto time = impl_->serving().activity.idle();
    if (!time) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::milliseconds>(*time);
}

HttpLoad HttpServer::load() const {
    const Serving& serving = impl_->serving();
    return {serving.connections.all(), serving.activity.running(), serving.accepted, serving.refused};
}

bool HttpServer::responds(std::chrono::milliseconds time) const { return impl_->responds(time); }

void HttpServer::stop() { impl_->stop(); }

} // namespace inlet::http
