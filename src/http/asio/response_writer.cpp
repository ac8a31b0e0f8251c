#include "http/asio/response_writer.hpp"

#include <array>
#include <ctime>
#include <vector>

#include <boost/beast/http/status.hpp>
#include <fmt/format.h>

namespace inlet::http {

namespace {

constexpr std::size_t kStreamBlockBytes = 256 << 10;

std::string http_date() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[64];
    // In the C locale, which the program does not leave (RFC 9110, section 5.6.7).
    const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text, size};
}

// The status line and the headers that say what the response is; those that say how long it is follow.
std::string head_of(const Response& response, AnswerForm form) {
    const auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(response.status));
    std::string text = fmt::format("HTTP/1.{} {} {}\r\nDate: {}\r\n", form.version == 10 ? 0 : 1, response.status,
                                   std::string_view(reason.data(), reason.size()), http_date());
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

} // namespace inlet::http
