// Writes a response to a channel (RFC 9112). Floor 5; on the connection's thread alone.
#pragma once

#include "http/asio/calls.hpp"
#include "http/asio/channel.hpp"
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

} // namespace inlet::http
