// The reader of requests against itself: whatever the bytes are, they are the same requests (heads, objections, bodies,
// trailers, where it ends and why) whether they come at once or one by one. And a body is as long as it was said to be,
// and a request that says twice how long it is gets an objection.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "http/asio/request_reader.hpp"

namespace {

using namespace inlet;
using namespace inlet::http;

// A client that sends those bytes in pieces of a size and is gone.
class SentBytes final : public Channel {
public:
    SentBytes(std::string_view text, std::size_t piece) : left_(text), piece_(piece) {}

    asio::awaitable<error_code> begin() override { co_return error_code(); }
    asio::awaitable<error_code> read(std::span<char> room, std::size_t& count) override {
        count = std::min({room.size(), piece_, left_.size()});
        std::copy_n(left_.begin(), count, room.begin());
        left_.remove_prefix(count);
        if (count == 0 && !room.empty()) co_return asio::error::eof;
        co_return error_code();
    }
    asio::awaitable<error_code> write(std::span<const asio::const_buffer>) override { co_return error_code(); }
    asio::awaitable<void> end() override { co_return; }
    void expires_after(Clock::duration) override {}
    void cancel() override {}
    void close() override {}
    Traffic traffic() const override { return {}; }

private:
    std::string_view left_;
    const std::size_t piece_;
};

void check(bool holds) {
    if (!holds) std::abort();
}

asio::awaitable<void> read_all(Channel& channel, std::size_t block_bytes, std::string& told) {
    constexpr int kRequestsMost = 20;
    ServerLimits limits;
    limits.header_bytes = 2048;
    RequestReader reader(channel);
    for (int i = 0; i < kRequestsMost; ++i) {
        error_code error = co_await reader.read_head(limits);
        if (error) {
            // What is wrong with a head that was cut off depends on the pieces; that it is no request does not.
            told += error == wire::error::end_of_stream ? "[end]" : "[no request]";
            co_return;
        }
        const auto& head = reader.head();
        told += fmt::format("{} {} {}\n", std::string_view(head.method_string()), std::string_view(head.target()),
                            head.version());
        for (const auto& field : head)
            told += fmt::format("{}: {}\n", std::string_view(field.name_string()), std::string_view(field.value()));
        const auto objection = reader.objection();
        const bool says_twice =
            head.count(wire::field::content_length) != 0 && head.count(wire::field::transfer_encoding) != 0;
        check(objection || !says_twice);
        check(objection || head.count(wire::field::transfer_encoding) <= 1);
        if (objection) {
            told += fmt::format("objection: {}\n", objection->message);
            co_return;
        }
        const auto announced = reader.content_length();
        std::uint64_t bytes = 0;
        std::vector<char> block;
        while (!reader.body_read() && !error) {
            block.resize(block_bytes);
            error = co_await reader.read_body(block);
            check(block.size() <= block_bytes);
            check(error || !block.empty() || reader.body_read());
            bytes += block.size();
            told.append(block.data(), block.size());
        }
        check(!announced || (error ? bytes <= *announced : bytes == *announced));
        for (const auto& field : reader.head())
            told += fmt::format("{}: {}\n", std::string_view(field.name_string()), std::string_view(field.value()));
        told += fmt::format("\n[{} bytes, {}{}]\n", bytes, error ? error.message() : "whole",
                            reader.keep_alive() ? "" : ", last");
        if (error || !reader.keep_alive()) co_return;
    }
}

std::string told_of(std::string_view text, std::size_t piece, std::size_t block) {
    SentBytes channel(text, piece);
    std::string told;
    asio::io_context context;
    asio::co_spawn(context, read_all(channel, block, told), [](const std::exception_ptr& thrown) { check(!thrown); });
    context.run();
    return told;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::string at_once = told_of(text, SIZE_MAX, 4096);
    const std::string one_by_one = told_of(text, 1, 4096);
    const std::string in_blocks = told_of(text, 7, 3);
    if (at_once != one_by_one || at_once != in_blocks) {
        fmt::print(stderr, "at once:\n{}\none by one:\n{}\nin blocks:\n{}\n", at_once, one_by_one, in_blocks);
        std::abort();
    }
    return 0;
}
