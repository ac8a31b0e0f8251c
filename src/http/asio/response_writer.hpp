// Writes a response to a channel (RFC 9112). Floor 5; on the connection's thread alone.
#pragma once

#include <atomic>

#include "http/asio/calls.hpp"
#include "http/asio/channel.hpp"
#include "http/asio/exchange.hpp"
#include "http/http_server.hpp"

namespace inlet::http {

// How the request that is answered was put.
struct AnswerForm {
    unsigned version = 11;
    bool is_head = false; // no body, whatever the response has
    bool keep = false;    // the connection goes on afterwards
};

// False: the connection is not to be used any more. A stream is read on the threads of `readers`. `send_time`: how long
// the client may take none of it.
asio::awaitable<bool> write_response(Channel& channel, Response& response, AnswerForm form, Calls& readers,
                                     Clock::duration send_time);

struct FeedTimes {
    Clock::duration send; // how long the client may take none of it
    Clock::duration idle; // without anything to send; then a sign of life
};

// The same of a response that is a feed: sends what it has whenever it has something, until it ends, the client goes,
// or the server stops. `sending` is true while the client has not taken all of what there was.
asio::awaitable<bool> write_feed(Channel& channel, Response& response, AnswerForm form, Exchange& exchange,
                                 const std::atomic<bool>& stopping, FeedTimes times, bool& sending);

} // namespace inlet::http
