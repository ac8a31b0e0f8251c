#include "http/asio/request_reader.hpp"

#include <algorithm>
#include <cstring>

namespace inlet::http {

namespace {

constexpr std::size_t kHeadBlockBytes = 4 << 10;
constexpr std::size_t kChunkedBlockBytes = 64 << 10;

} // namespace

asio::awaitable<error_code> RequestReader::wait() {
    const auto room = buffer_.prepare(kHeadBlockBytes);
    std::size_t count = 0;
    const error_code error = co_await channel_.read({static_cast<char*>(room.data()), room.size()}, count);
    buffer_.commit(count);
    co_return error;
}

asio::awaitable<error_code> RequestReader::read_head(const ServerLimits& limits) {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    parser_->body_limit(boost::none);
    while (!parser_->is_header_done()) {
        const error_code error = co_await parse_some();
        if (error) co_return error;
    }
    body_time_ = limits.body_time;
    pace_ = BodyPace(limits.body_rate, limits.body_time);
    chunked_ = parser_->chunked();
    left_ = parser_->content_length().value_or(0);
    co_return error_code();
}

std::optional<std::uint64_t> RequestReader::content_length() const {
    const auto length = parser_->content_length();
    return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
}

std::optional<Error> RequestReader::objection() const {
    const auto& message = head();
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

// Bytes of the head, which has a time as a whole, or of the body.
asio::awaitable<error_code> RequestReader::receive(std::span<char> room, std::size_t& count) {
    const bool of_body = parser_->is_header_done();
    if (of_body) channel_.expires_after(body_time_);
    const Clock::time_point begun = Clock::now();
    error_code error = co_await channel_.read(room, count);
    if (!error && of_body && !pace_.came(count, Clock::now() - begun)) error = beast::error::timeout;
    co_return error;
}

// A step of the parser, with more from the channel if it needs more.
asio::awaitable<error_code> RequestReader::parse_some() {
    error_code error;
    for (;;) {
        if (buffer_.size() != 0) {
            buffer_.consume(parser_->put(buffer_.data(), error));
            if (error != wire::error::need_more) co_return error;
        }
        const auto room = buffer_.prepare(parser_->is_header_done() ? kChunkedBlockBytes : kHeadBlockBytes);
        std::size_t count = 0;
        error = co_await receive({static_cast<char*>(room.data()), room.size()}, count);
        buffer_.commit(count);
        if (error == asio::error::eof)
            co_return parser_->got_some() ? wire::error::partial_message : wire::error::end_of_stream;
        if (error) co_return error;
    }
}

asio::awaitable<error_code> RequestReader::read_body(std::vector<char>& block) {
    if (chunked_) co_return co_await read_chunked(block);
    block.resize(static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), left_)));
    std::size_t filled = std::min(buffer_.size(), block.size());
    std::memcpy(block.data(), buffer_.data().data(), filled);
    buffer_.consume(filled);
    error_code error;
    while (!error && filled < block.size()) {
        std::size_t count = 0;
        error = co_await receive(std::span(block).subspan(filled), count);
        filled += count;
    }
    block.resize(filled);
    left_ -= filled;
    if (error == asio::error::eof) error = wire::error::partial_message;
    co_return error;
}

asio::awaitable<error_code> RequestReader::read_chunked(std::vector<char>& block) {
    auto& body = parser_->get().body();
    body.data = block.data();
    body.size = block.size();
    body.more = true;
    error_code error;
    while (!error && !parser_->is_done() && body.size != 0) {
        error = co_await parse_some();
        if (error == wire::error::need_buffer) error = {};
    }
    block.resize(block.size() - body.size);
    co_return error;
}

} // namespace inlet::http
