// Works off what is queued, on threads of its own, and lets others wait for an outcome: deliveries a few at a time,
// each under a lease, in turns between senders and datasets; small submissions many at a time. Floor 5. Safe from many
// threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/periodic.hpp"
#include "catalog/catalog.hpp"
#include "pipeline/held_leases.hpp"
#include "pipeline/job_choice.hpp"
#include "pipeline/outcome_waits.hpp"
#include "pipeline/pipeline.hpp"

namespace inlet {

struct RunnerSettings {
    std::size_t places = 2;   // deliveries at once
    std::size_t retries = 10; // of one, after failures that may pass
    bool scans = false;       // what waits for the scanner is looked after
    std::string worker = "inlet";
    std::chrono::milliseconds pause_least{1000}; // between two tries; doubles with each
    std::chrono::milliseconds pause_most{300'000};
};

class Runner {
public:
    // Borrowed. Begins with what was queued before. `failed` is told of a run that could not be carried out or written
    // down; it is tried again after a pause that grows.
    Runner(Pipeline& pipeline, Catalog& catalog, std::function<void(const Error&)> failed,
           RunnerSettings settings = {});
    // Waits for what is being run; those behind it stay queued.
    ~Runner();
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    // A delivery was queued; small submissions were.
    void wake();
    void wake_small();
    // Whether nothing is queued, nor being run.
    bool at_rest() const;
    // Those who wait are told how things stand, and so is who waits from now on: the server is about to end.
    void end_waits() { waits_.end(); }
    // The record once it is at its end or held, or as it is when the time is up. unknown-submission.
    Result<SubmissionRecord> wait(SubmissionId id, std::chrono::milliseconds time) { return waits_.wait(id, time); }
    // The same without holding a thread: `then` is called on a thread of the runner's, or at once, and must not block.
    using Then = OutcomeWaits::Then;
    void when_settled(SubmissionId id, std::chrono::milliseconds time, Then then) {
        waits_.when_settled(id, time, std::move(then));
    }

private:
    using Clock = std::chrono::steady_clock;
    struct PutOff {
        Clock::time_point until;
        std::uint32_t failures = 0; // to be written down
    };

    void work();
    void work_small();
    // Those that wait or are being run, in the order of their receipt.
    Result<std::vector<SubmissionRecord>> unfinished();
    std::vector<JobCandidate> candidates(const std::vector<SubmissionRecord>& records); // with mutex_
    Clock::time_point next_look() const;                                                // with mutex_
    Status run_one(SubmissionId id, const std::string& lane, std::uint64_t bytes);
    void put_off(SubmissionId id, std::chrono::milliseconds pause, bool unwritten); // with mutex_
    std::chrono::milliseconds pause_after(std::uint32_t failures) const;
    Result<InboxFilter> small_first();
    // Whether there were any.
    Result<bool> publish_small();
    void resume_unscanned();
    void moved();

    Pipeline& pipeline_;
    Catalog& catalog_;
    const std::function<void(const Error&)> failed_;
    const RunnerSettings settings_;
    OutcomeWaits waits_;
    HeldLeases leases_;

    mutable std::mutex mutex_; // over all down to the threads
    std::condition_variable wake_;
    std::uint64_t changes_ = 1;       // of what is queued
    std::uint64_t small_changes_ = 1; // of what is queued of small submissions, or holds them back
    std::uint64_t rested_ = 0;        // of changes_: nothing was found to do after so many
    std::uint64_t small_rested_ = 0;
    bool stopping_ = false;
    std::set<SubmissionId> running_;
    std::map<SubmissionId, PutOff> put_off_;
    Lanes lanes_;
    Clock::time_point small_at_{}; // when small submissions were last published

    std::unique_ptr<Periodic> renewing_;
    std::unique_ptr<Periodic> scanning_; // null: nothing is scanned
    std::vector<std::thread> threads_;
};

} // namespace inlet
