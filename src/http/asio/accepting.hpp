// Listening sockets: TCP, Unix, and those that another program opened for us. Floor 5.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "http/asio/net.hpp"
#include "http/http_server.hpp"

namespace inlet::http {

// A socket that listens. Its file, if it has one, is removed at its end.
class ListeningSocket {
public:
    // Takes over, or opens. A Unix socket's file that nobody listens behind any more is replaced. Errors: bad-argument,
    // io-failed.
    static Result<std::unique_ptr<ListeningSocket>> open(const Listener& listener);
    ~ListeningSocket();
    ListeningSocket(const ListeningSocket&) = delete;
    ListeningSocket& operator=(const ListeningSocket&) = delete;

    int descriptor() const { return descriptor_; }
    const Listener& listener() const { return listener_; }
    bool is_unix() const { return is_unix_; }
    // "127.0.0.1:8080", "[::1]:8080", "unix:/path".
    std::string name() const;

private:
    ListeningSocket(Listener listener, int descriptor) : listener_(std::move(listener)), descriptor_(descriptor) {}

    Status open_tcp();
    Status open_unix();

    const Listener listener_;
    int descriptor_;
    bool is_unix_ = false;
    bool owns_file_ = false;
};

// A connection that was accepted; -1 with errno if there is none.
int accept_connection(const ListeningSocket& socket);
// Of a connection's other side: its address; empty of a Unix socket.
std::string peer_address(int descriptor);
// The user behind a Unix socket (SO_PEERCRED, unix(7)).
std::optional<std::uint32_t> peer_user(int descriptor);

} // namespace inlet::http
