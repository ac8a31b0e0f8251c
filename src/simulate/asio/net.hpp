// The names that this folder calls Boost.Asio by. Floor 6.
#pragma once

#include <chrono>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

namespace inlet::simulate {

namespace asio = boost::asio;
using boost::system::error_code;
using Moment = std::chrono::steady_clock::time_point;
// TCP and Unix sockets alike.
using Socket = asio::generic::stream_protocol::socket;

inline Moment steady_now() { return std::chrono::steady_clock::now(); }

} // namespace inlet::simulate
