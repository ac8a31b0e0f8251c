// Lets others wait for the outcome of a submission. Floor 5. Safe from many threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "catalog/catalog.hpp"

namespace inlet {

class OutcomeWaits {
public:
    using Then = std::move_only_function<void(Result<SubmissionRecord>)>;

    explicit OutcomeWaits(Catalog& catalog); // borrowed
    ~OutcomeWaits();                         // whoever waits is told how things stand
    OutcomeWaits(const OutcomeWaits&) = delete;
    OutcomeWaits& operator=(const OutcomeWaits&) = delete;

    // See Runner. `then` is called on a thread of this object's, or on that of the caller.
    Result<SubmissionRecord> wait(SubmissionId id, std::chrono::milliseconds time);
    void when_settled(SubmissionId id, std::chrono::milliseconds time, Then then);
    // Some submission may be settled.
    void look();
    // Nobody waits any more.
    void end();

private:
    using Clock = std::chrono::steady_clock;
    struct Waiter {
        SubmissionId id;
        Clock::time_point until;
        Then then;
    };

    void run();
    void tell();

    Catalog& catalog_;
    std::mutex mutex_;
    std::condition_variable moved_;
    std::uint64_t looks_ = 0;     // behind mutex_
    bool ended_ = false;          // behind mutex_
    bool stopping_ = false;       // behind mutex_
    std::vector<Waiter> waiters_; // behind mutex_
    std::thread thread_;
};

} // namespace inlet
