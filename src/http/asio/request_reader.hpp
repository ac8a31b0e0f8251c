// Reads one request after another from a channel: its head, then its body in blocks (RFC 9112). Floor 5; on the
// connection's thread alone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "base/result.hpp"
#include "contract/server_config.hpp"
#include "http/asio/body_pace.hpp"
#include "http/asio/channel.hpp"

namespace inlet::http {

namespace beast = boost::beast;
namespace wire = boost::beast::http;

class RequestReader {
public:
    // Borrowed.
    explicit RequestReader(Channel& channel) : channel_(channel) {}

    // Whether bytes of the next request have come already.
    bool has_begun() const { return buffer_.size() != 0; }
    // Waits for the next request's first bytes, as long as a connection may be idle.
    asio::awaitable<error_code> wait();
    // end_of_stream: there is none. header_limit: it is too long. Of HTTP's category: it is no HTTP.
    asio::awaitable<error_code> read_head(const ServerLimits& limits);

    // Of the request that was read, until the next is:
    const wire::request_header<>& head() const { return parser_->get(); }
    bool keep_alive() const { return parser_->get().keep_alive(); }
    std::optional<std::uint64_t> content_length() const;
    // Why the request is not taken although its syntax is right.
    std::optional<Error> objection() const;
    bool body_read() const { return chunked_ ? parser_->is_done() : left_ == 0; }
    // Fills the block with what there is of the body, at least a byte unless it ends. timeout: it came too slowly.
    asio::awaitable<error_code> read_body(std::vector<char>& block);

private:
    using Parser = wire::request_parser<wire::buffer_body>;

    asio::awaitable<error_code> receive(std::span<char> room, std::size_t& count);
    asio::awaitable<error_code> parse_some();
    asio::awaitable<error_code> read_chunked(std::vector<char>& block);

    Channel& channel_;
    beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    bool chunked_ = false;
    std::uint64_t left_ = 0; // of a body that is not chunked
    std::chrono::seconds body_time_{};
    BodyPace pace_;
};

} // namespace inlet::http
