// A connection's bytes, both ways, whatever carries them. Floor 5; one thread, one operation at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "http/asio/net.hpp"

namespace inlet::http {

class Channel {
public:
    virtual ~Channel() = default;

    // Before all else: the greeting, if there is one.
    virtual asio::awaitable<error_code> begin() = 0;
    // Reads at least a byte, unless there is an error; eof when the other side has ended. Both end with
    // beast::error::timeout when the time is up, and with operation_aborted after cancel().
    virtual asio::awaitable<error_code> read(std::span<char> room, std::size_t& count) = 0;
    virtual asio::awaitable<error_code> write(std::span<const asio::const_buffer> buffers) = 0;
    // Says that nothing more will be sent; what the other side sends can still be read.
    virtual asio::awaitable<void> end() = 0;
    // From now on, for everything that is waited for until it is called again.
    virtual void expires_after(Clock::duration time) = 0;
    virtual void cancel() = 0;
    virtual void close() = 0; // at once, with nothing more said

    // Bytes over the wire so far.
    struct Traffic {
        std::uint64_t received = 0;
        std::uint64_t sent = 0;
    };
    virtual Traffic traffic() const = 0;
};

std::unique_ptr<Channel> make_plain_channel(Socket socket);

} // namespace inlet::http
