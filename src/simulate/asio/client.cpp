#include "simulate/asio/client.hpp"

#include <charconv>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include "simulate/json_members.hpp"

namespace inlet::simulate {

namespace {

constexpr std::uint64_t kAnswerBytesMax = 256 << 20;

asio::generic::stream_protocol::endpoint endpoint_of(const ListenAddress& server) {
    if (!server.path.empty()) return asio::local::stream_protocol::endpoint(server.path);
    return asio::ip::tcp::endpoint(asio::ip::make_address(server.host), server.port);
}

// Retry-After in its form of seconds (RFC 9110, section 10.2.3), the only one that Inlet sends.
std::chrono::seconds seconds_of(std::string_view text) {
    unsigned seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return std::chrono::seconds(seconds);
}

} // namespace

std::string Reply::code() const { return status < 400 ? std::string() : JsonMembers(body).text("code"); }

bool Reply::ask_again() const {
    return status >= 500 || status == 429 || status == 408 || status == 423 || code() == "request-under-way";
}

Client::Client(asio::io_context& context, const ListenAddress& server, std::string_view key, Tally& tally)
    : context_(context), server_(server),
      key_line_(key.empty() ? std::string() : fmt::format("Authorization: Bearer {}\r\n", key)), tally_(tally),
      socket_(context) {}

void Client::close() {
    error_code ignored;
    socket_.close(ignored);
    buffer_.clear();
}

void Client::check(Moment now) {
    if (now >= until_) close();
}

asio::awaitable<std::optional<Reply>> Client::call(const Ask& ask, Cut cut) {
    until_ = steady_now() + ask.patience;
    error_code error;
    if (!socket_.is_open()) error = co_await connect();
    if (!error) error = co_await send(ask, cut);
    std::optional<Reply> reply;
    if (!error && cut == Cut::none) reply = co_await receive(ask.method == "HEAD");
    until_ = Moment::max();
    if (reply) {
        const std::string code = reply->code();
        ++tally_.answers[code.empty() ? std::to_string(reply->status) : fmt::format("{} {}", reply->status, code)];
    } else {
        ++tally_.unanswered;
        close();
    }
    co_return reply;
}

asio::awaitable<error_code> Client::connect() {
    error_code error;
    const auto endpoint = endpoint_of(server_);
    socket_.open(endpoint.protocol(), error);
    if (error) co_return error;
    co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
        ++tally_.connections;
        error_code ignored; // a Unix socket has no such option
        socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    }
    co_return error;
}

asio::awaitable<error_code> Client::send(const Ask& ask, Cut cut) {
    out_.clear();
    fmt::format_to(std::back_inserter(out_), "{} {} HTTP/1.1\r\nHost: inlet\r\n{}{}", ask.method, ask.target, key_line_,
                   ask.headers);
    if (!ask.body.empty() || ask.method == "POST" || ask.method == "PATCH")
        fmt::format_to(std::back_inserter(out_), "Content-Length: {}\r\n", ask.body.size());
    out_ += "\r\n";
    out_ += ask.body.substr(0, cut == Cut::in_body ? ask.body.size() / 2 : ask.body.size());
    error_code error;
    co_await asio::async_write(socket_, asio::buffer(out_), asio::redirect_error(asio::use_awaitable, error));
    co_return error;
}

asio::awaitable<std::optional<Reply>> Client::receive(bool head) {
    namespace http = boost::beast::http;
    http::response_parser<http::string_body> parser;
    parser.body_limit(kAnswerBytesMax);
    parser.skip(head);
    error_code error;
    co_await http::async_read(socket_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return std::nullopt;
    auto message = parser.release();
    const auto header = [&message](std::string_view name) { return std::string(message[name]); };
    Reply reply{.status = message.result_int(), .body = std::move(message.body())};
    reply.location = header("Location");
    reply.submission = header("Inlet-Submission");
    reply.upload_offset = header("Upload-Offset");
    reply.retry_after = seconds_of(header("Retry-After"));
    reply.replayed = header("Idempotency-Replayed") == "true";
    if (!message.keep_alive()) close();
    co_return reply;
}

} // namespace inlet::simulate
