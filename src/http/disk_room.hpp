// Keeps room free on the disk that bodies go to. Floor 5. Safe from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/result.hpp"

namespace inlet::http {

class DiskRoom {
public:
    // `free_bytes`: what is free; nothing if that cannot be told, and then there is room.
    explicit DiskRoom(std::function<std::optional<std::uint64_t>()> free_bytes) : free_bytes_(std::move(free_bytes)) {}

    // What a body was promised; what of it did not come is given back at the end.
    class Share {
    public:
        Share() = default;
        ~Share();
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;

        // So many bytes came. disk-full, once what is to stay free is touched.
        Status receive(std::uint64_t count);

    private:
        friend class DiskRoom;
        DiskRoom* room_ = nullptr;
        std::uint64_t promised_ = 0;
        std::uint64_t keep_free_ = 0;
        std::uint64_t unchecked_ = 0; // bytes since the disk was asked
    };

    // For a body of `announced` bytes, 0 if it does not say. disk-full.
    Status take(std::uint64_t announced, std::uint64_t keep_free, Share& share);

private:
    Status check(std::uint64_t coming, std::uint64_t keep_free) const;

    const std::function<std::optional<std::uint64_t>()> free_bytes_;
    std::atomic<std::uint64_t> promised_{0}; // to all, and not there yet
};

} // namespace inlet::http
