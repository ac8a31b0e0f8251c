// Works off what is queued, on a thread of its own, and lets others wait for an outcome. Floor 5. Safe from many
// threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

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

private:
    void run();
    Result<bool> run_next(); // false: nothing is queued

    Pipeline& pipeline_;
    Catalog& catalog_;
    const std::function<void(const Error&)> failed_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable moved_;
    bool woken_ = true;       // behind mutex_
    bool working_ = false;    // behind mutex_
    bool stopping_ = false;   // behind mutex_
    bool hurried_ = false;    // behind mutex_: nobody is to wait
    std::uint64_t ended_ = 0; // behind mutex_: runs so far
    std::thread thread_;
};

} // namespace inlet
