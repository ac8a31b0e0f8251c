#include "http/asio/channel.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>

namespace inlet::http {

namespace {

// Unlike Beast's stream it leaves the socket open when the time is up, so that the other side can be told.
class PlainChannel final : public Channel {
public:
    explicit PlainChannel(Socket socket) : watch_(std::make_shared<Watch>(std::move(socket))) {}
    ~PlainChannel() override { close(); }
    PlainChannel(const PlainChannel&) = delete;
    PlainChannel& operator=(const PlainChannel&) = delete;

    asio::awaitable<error_code> begin() override { co_return error_code(); }

    asio::awaitable<error_code> read(std::span<char> room, std::size_t& count) override {
        error_code error;
        watch_->begin(until_);
        count = co_await watch_->socket.async_read_some(asio::buffer(room.data(), room.size()),
                                                        asio::redirect_error(asio::use_awaitable, error));
        traffic_.received += count;
        co_return watch_->end(error);
    }

    asio::awaitable<error_code> write(std::span<const asio::const_buffer> buffers) override {
        error_code error;
        watch_->begin(until_);
        traffic_.sent +=
            co_await asio::async_write(watch_->socket, buffers, asio::redirect_error(asio::use_awaitable, error));
        co_return watch_->end(error);
    }

    asio::awaitable<void> end() override {
        error_code ignored;
        watch_->socket.shutdown(Socket::shutdown_send, ignored);
        co_return;
    }

    void expires_after(Clock::duration time) override { until_ = Clock::now() + time; }
    void cancel() override {
        error_code ignored;
        watch_->socket.cancel(ignored);
    }
    void close() override {
        error_code ignored;
        watch_->socket.close(ignored);
    }
    Traffic traffic() const override { return traffic_; }

private:
    // An operation and the time it has.
    struct Watch : std::enable_shared_from_this<Watch> {
        explicit Watch(Socket taken) : socket(std::move(taken)), timer(socket.get_executor()) {}

        void begin(Clock::time_point until) {
            over = false;
            timer.expires_at(until);
            // A timer that has gone off already is not cancelled any more: the number tells it that it is too late.
            timer.async_wait([self = weak_from_this(), which = ++operation](error_code error) {
                const auto kept = self.lock();
                if (error || kept == nullptr || kept->operation != which) return;
                kept->over = true;
                error_code ignored;
                kept->socket.cancel(ignored);
            });
        }
        error_code end(error_code error) {
            ++operation;
            timer.cancel();
            return error == asio::error::operation_aborted && over ? boost::beast::error::timeout : error;
        }

        Socket socket;
        asio::steady_timer timer;
        std::uint64_t operation = 0;
        bool over = false;
    };

    const std::shared_ptr<Watch> watch_; // shared with nobody for longer than a timer's handler runs
    Clock::time_point until_ = Clock::time_point::max();
    Traffic traffic_;
};

} // namespace

std::unique_ptr<Channel> make_plain_channel(Socket socket) { return std::make_unique<PlainChannel>(std::move(socket)); }

} // namespace inlet::http
