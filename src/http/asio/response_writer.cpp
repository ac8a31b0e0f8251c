#include "http/asio/response_writer.hpp"

#include <array>
#include <ctime>
#include <vector>

#include <boost/beast/http/status.hpp>
#include <fmt/format.h>

#include "http/preferences.hpp"

namespace inlet::http {

namespace {

constexpr std::size_t kStreamBlockBytes = 256 << 10;

// The status line and the headers that say what the response is; those that say how long it is follow.
std::string head_of(const Response& response, AnswerForm form) {
    const auto usual = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(response.status));
    const std::string_view reason =
        response.reason.empty() ? std::string_view(usual.data(), usual.size()) : std::string_view(response.reason);
    std::string text = fmt::format("HTTP/1.{} {} {}\r\nDate: {}\r\n", form.version == 10 ? 0 : 1, response.status,
                                   reason, http_date(std::time(nullptr)));
    for (const auto& [name, value] : response.headers.all())
        fmt::format_to(std::back_inserter(text), "{}: {}\r\n", name, value);
    if (form.version == 10 && form.keep) text += "Connection: keep-alive\r\n";
    if (form.version != 10 && !form.keep) text += "Connection: close\r\n";
    return text;
}

asio::awaitable<error_code> write_text(Channel& channel, std::string_view head, std::string_view body) {
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(head.data(), head.size()),
                                                    asio::buffer(body.data(), body.size())};
    co_return co_await channel.write(buffers);
}

asio::awaitable<bool> write_stream(Channel& channel, Response& response, AnswerForm form, Calls& readers,
                                   Clock::duration send_time) {
    const bool chunked = !response.stream_bytes && form.version != 10;
    if (!response.stream_bytes && !chunked) form.keep = false; // its end is the connection's
    std::string head = head_of(response, form);
    if (response.stream_bytes)
        fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", *response.stream_bytes);
    if (chunked) head += "Transfer-Encoding: chunked\r\n";
    head += "\r\n";
    channel.expires_after(send_time);
    error_code error = co_await write_text(channel, head, "");
    if (error || form.is_head) co_return !error && form.keep;
    std::vector<char> block(kStreamBlockBytes);
    std::uint64_t sent = 0;
    for (;;) {
        const auto got = co_await readers.run<Result<std::size_t>>([&] { return response.stream->read(block); });
        if (!got || (*got == 0 && response.stream_bytes && sent < *response.stream_bytes)) {
            // The head is out: all that is left to say is that this is not the whole.
            channel.close();
            co_return false;
        }
        sent += *got;
        channel.expires_after(send_time);
        const std::string frame = chunked ? fmt::format("{:x}\r\n", *got) : "";
        const std::string_view frame_end = chunked ? "\r\n" : "";
        const std::array<asio::const_buffer, 3> buffers{asio::buffer(frame), asio::buffer(block.data(), *got),
                                                        asio::buffer(frame_end)};
        error = co_await channel.write(buffers);
        if (error || *got == 0) co_return !error && form.keep;
    }
}

} // namespace

asio::awaitable<bool> write_response(Channel& channel, Response& response, AnswerForm form, Calls& readers,
                                     Clock::duration send_time) {
    if (response.stream != nullptr) co_return co_await write_stream(channel, response, form, readers, send_time);
    std::string head = head_of(response, form);
    if (response.status != 204 && response.status != 304)
        fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", response.body.size());
    head += "\r\n";
    channel.expires_after(send_time);
    const error_code error =
        co_await write_text(channel, head, form.is_head ? std::string_view() : std::string_view(response.body));
    co_return !error && form.keep;
}

asio::awaitable<bool> write_feed(Channel& channel, Response& response, AnswerForm form, Exchange& exchange,
                                 const std::atomic<bool>& stopping, FeedTimes times, bool& sending) {
    const bool chunked = form.version != 10;
    form.keep = form.keep && chunked; // without chunks its end is the connection's
    std::string head = head_of(response, form);
    if (chunked) head += "Transfer-Encoding: chunked\r\n";
    head += "\r\n";
    channel.expires_after(times.send);
    error_code error = co_await write_text(channel, head, "");
    if (error || form.is_head) co_return !error && form.keep;
    response.feed->listen([weak = exchange.weak_from_this()] {
        if (const auto kept = weak.lock()) kept->wake();
    });
    while (!error && !stopping) {
        std::optional<std::string> text = response.feed->take();
        if (!text) break;
        if (text->empty()) {
            const bool woken = co_await exchange.wait(Clock::now() + times.idle);
            if (woken) continue;
            text = response.feed->idle();
        }
        sending = true;
        channel.expires_after(times.send);
        if (chunked) {
            error = co_await write_text(channel, fmt::format("{:x}\r\n", text->size()), *text + "\r\n");
        } else {
            error = co_await write_text(channel, *text, "");
        }
        sending = false;
    }
    if (error) co_return false;
    if (chunked) {
        channel.expires_after(times.send);
        error = co_await write_text(channel, "0\r\n\r\n", "");
    }
    co_return !error && form.keep;
}

} // namespace inlet::http
