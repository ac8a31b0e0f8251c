// Blocks of a request's body on their way from the connection's coroutine to the route's thread. A few blocks at most:
// while it is full the connection does not read. Floor 5.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "http/message.hpp"
#include "records/byte_source.hpp"

namespace inlet::http {

class BodyPipe final : public ByteSource {
public:
    static constexpr std::size_t kBlocksMax = 4;

    // `wanted` is called from the reading thread whenever the pipe has room that was not there before; it must not
    // block.
    explicit BodyPipe(std::function<void()> wanted) : wanted_(std::move(wanted)) {}

    // The connection's side. None of these blocks.
    bool has_room() const; // and the route has begun to read
    void push(std::vector<char> block);
    void end(Headers trailers = {});
    // What the route reads next, after the blocks that are there. From any thread.
    void break_off(Error error);
    // The block that was read last, to be filled again; empty if there is none.
    std::vector<char> spare();

    // The route's side: blocks until there is something.
    Result<std::size_t> read(std::span<char> room) override;
    Headers trailers() const;

private:
    const std::function<void()> wanted_;
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<std::vector<char>> blocks_; // behind mutex_
    std::size_t position_ = 0;             // behind mutex_: in the first block
    std::vector<char> spare_;              // behind mutex_
    bool reading_ = false;                 // behind mutex_: the route has asked
    bool ended_ = false;                   // behind mutex_
    Headers trailers_;                     // behind mutex_
    std::optional<Error> error_;           // behind mutex_
};

} // namespace inlet::http
