// TLS over a socket. Floor 5; one thread, one operation at a time.
#pragma once

#include <memory>

#include "http/asio/channel.hpp"
#include "http/tls.hpp"

namespace inlet::http {

// `tls` is shared by the connections that were made while it stood, which keep it.
std::unique_ptr<Channel> make_tls_channel(Socket socket, std::shared_ptr<const TlsContext> tls);

} // namespace inlet::http
