// The names that this folder calls Boost.Asio and Boost.Beast by. Floor 5.
#pragma once

#include <chrono>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

namespace inlet::http {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
// TCP and Unix sockets alike.
using Socket = asio::generic::stream_protocol::socket;

} // namespace inlet::http
