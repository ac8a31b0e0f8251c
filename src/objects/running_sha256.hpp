// SHA-256 (FIPS 180-4) of bytes that come one after another. A long stream is hashed on a thread of its own, so that
// hashing and writing a file take the time of the slower and not of both. Floor 3; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace inlet {

class RunningSha256 {
public:
    // Streams up to this long are hashed where they are handed over: starting a thread would cost more than it saves.
    static constexpr std::uint64_t kInlineBytes = 4U << 20U;

    RunningSha256();
    ~RunningSha256();
    RunningSha256(const RunningSha256&) = delete;
    RunningSha256& operator=(const RunningSha256&) = delete;

    // The bytes are copied or hashed before it returns. At most 1 MiB waits to be hashed; past that it blocks.
    void update(std::span<const std::byte> bytes);
    // 64 lower-case hex digits. Nothing may follow.
    std::string finish();
    // Lets go of the thread and of all memory but a few hundred bytes, until more comes.
    void rest();
    // The same bytes so far; this one rests from then on.
    std::unique_ptr<RunningSha256> copy();

private:
    class Digest;
    class Lane;

    std::unique_ptr<Digest> digest_;
    std::unique_ptr<Lane> lane_; // null while the stream is short
    std::uint64_t inline_bytes_ = 0;
};

} // namespace inlet
