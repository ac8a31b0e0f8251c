#include "http/asio/channel.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>

namespace inlet::http {

namespace {

class PlainChannel final : public Channel {
public:
    explicit PlainChannel(Socket socket) : stream_(std::move(socket)) {}

    asio::awaitable<error_code> read(std::span<char> room, std::size_t& count) override {
        error_code error;
        count = co_await stream_.async_read_some(asio::buffer(room.data(), room.size()),
                                                 asio::redirect_error(asio::use_awaitable, error));
        co_return error;
    }

    asio::awaitable<error_code> write(std::span<const asio::const_buffer> buffers) override {
        error_code error;
        co_await asio::async_write(stream_, buffers, asio::redirect_error(asio::use_awaitable, error));
        co_return error;
    }

    asio::awaitable<void> end() override {
        error_code ignored;
        stream_.socket().shutdown(Socket::shutdown_send, ignored);
        co_return;
    }

    void expires_after(Clock::duration time) override { stream_.expires_after(time); }
    void cancel() override { stream_.cancel(); }
    void close() override { stream_.close(); }

private:
    boost::beast::basic_stream<asio::generic::stream_protocol> stream_;
};

} // namespace

std::unique_ptr<Channel> make_plain_channel(Socket socket) { return std::make_unique<PlainChannel>(std::move(socket)); }

} // namespace inlet::http
