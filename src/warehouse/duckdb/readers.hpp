// Counts the readings that run, for whoever needs the file to himself. Safe from many threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

#include "base/result.hpp"

namespace inlet::duck {

class Readers {
public:
    // Counts one reading for as long as it lives.
    class Pass {
    public:
        Pass(Pass&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
        Pass& operator=(Pass&&) = delete;
        ~Pass() {
            if (owner_ == nullptr) return;
            const std::scoped_lock lock(owner_->mutex_);
            --owner_->count_;
            owner_->none_.notify_all();
        }

    private:
        friend class Readers;
        explicit Pass(Readers* owner) : owner_(owner) {}
        Readers* owner_;
    };

    Pass enter() {
        const std::scoped_lock lock(mutex_);
        ++count_;
        return Pass(this);
    }

    // The caller keeps new ones from beginning.
    Status wait_for_none() {
        constexpr std::chrono::seconds kMost{60};
        std::unique_lock lock(mutex_);
        if (none_.wait_for(lock, kMost, [this] { return count_ == 0; })) return {};
        return fail(FailureCode::warehouse_failed,
                    "a query still reads the warehouse, and its file cannot be written anew beside it");
    }

private:
    std::mutex mutex_;
    std::condition_variable none_;
    std::size_t count_ = 0; // behind mutex_
};

} // namespace inlet::duck
