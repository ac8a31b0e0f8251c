// Works off what is queued, on a thread of its own, and lets others wait for an outcome: in the order of receipt, small
// submissions many at a time. Floor 5. Safe from many
// threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "catalog/catalog.hpp"
#include "pipeline/pipeline.hpp"

namespace inlet {

class Runner {
public:
    // Borrowed. Begins with what was queued before. `failed` is told of a run that could not be carried out or written
    // down; it is tried again after a pause that grows up to a minute.
    Runner(Pipeline& pipeline, Catalog& catalog, std::function<void(const Error&)> failed);
    // Waits for the submission that is being run; those behind it stay queued.
    ~Runner();
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    // Something was queued.
    void wake();
    // Whether nothing is queued, nor being run.
    bool at_rest() const;
    // Those who wait are told how things stand, and so is who waits from now on: the server is about to end.
    void end_waits();
    // The record once it is at its end or held, or as it is when the time is up. unknown-submission.
    Result<SubmissionRecord> wait(SubmissionId id, std::chrono::milliseconds time);
    // The same without holding a thread: `then` is called on the runner's thread, on that of
    // end_waits(), or at its end, and must not block.
    using Then = std::move_only_function<void(Result<SubmissionRecord>)>;
    void when_settled(SubmissionId id, std::chrono::milliseconds time, Then then);

private:
    using Clock = std::chrono::steady_clock;
    struct Waiter {
        SubmissionId id;
        Clock::time_point until;
        Then then;
    };
    // What is to be done next.
    struct Next {
        std::optional<SubmissionId> large;
        std::optional<Timestamp> small_before; // set: small submissions, received before then (0: all)
    };

    void run();
    Result<Next> find_next();
    Status carry_out(const Next& next);
    void tell_waiters();

    Pipeline& pipeline_;
    Catalog& catalog_;
    const std::function<void(const Error&)> failed_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable moved_;
    bool woken_ = true;            // behind mutex_
    bool resting_ = false;         // behind mutex_: nothing was found to do
    bool stopping_ = false;        // behind mutex_
    bool hurried_ = false;         // behind mutex_: nobody is to wait
    std::uint64_t ended_ = 0;      // behind mutex_: runs so far
    std::vector<Waiter> waiters_;  // behind mutex_
    Clock::time_point small_at_{}; // the thread's: when small submissions were last published
    std::thread thread_;
};

} // namespace inlet
