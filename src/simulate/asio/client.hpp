// One connection to the server, kept alive from request to request and opened anew when it is gone (HTTP/1.1,
// RFC 9112). Floor 6; one coroutine at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/beast/core/flat_buffer.hpp>

#include "contract/server_config.hpp"
#include "simulate/asio/net.hpp"
#include "simulate/tally.hpp"

namespace inlet::simulate {

struct Ask {
    std::string_view method;
    std::string target;
    std::string headers{}; // lines, each with its CR LF
    std::string_view body{};
    std::chrono::seconds patience{30}; // for the answer
};

// At which point the connection is dropped on purpose.
enum class Cut : std::uint8_t { none, in_body, before_answer };

struct Reply {
    unsigned status = 0;
    std::string body;
    // Of headers; empty, or zero, if there is none.
    std::string location;
    std::string submission;    // Inlet-Submission
    std::string upload_offset; // Upload-Offset
    std::chrono::seconds retry_after{0};
    bool replayed = false; // Idempotency-Replayed

    bool good() const { return status >= 200 && status < 300; }
    std::string code() const; // of a problem; empty otherwise
    // That the same request may be answered otherwise later: too many, too busy, under way, broken down.
    bool ask_again() const;
};

class Client {
public:
    Client(asio::io_context& context, const ListenAddress& server, std::string_view key, Tally& tally);

    // No answer: the connection broke, was cut, or time was up. It may have reached the server.
    asio::awaitable<std::optional<Reply>> call(const Ask& ask, Cut cut = Cut::none);
    void close();
    // Drops the connection if what is under way has taken too long; called now and then.
    void check(Moment now);

private:
    asio::awaitable<error_code> connect();
    asio::awaitable<error_code> send(const Ask& ask, Cut cut);
    asio::awaitable<std::optional<Reply>> receive(bool head);

    asio::io_context& context_;
    const ListenAddress server_;
    const std::string key_line_;
    Tally& tally_;
    Socket socket_;
    boost::beast::flat_buffer buffer_;
    std::string out_;
    Moment until_ = Moment::max();
};

} // namespace inlet::simulate
