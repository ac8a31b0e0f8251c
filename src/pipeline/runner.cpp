#include "pipeline/runner.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace inlet {

namespace {

constexpr std::chrono::milliseconds kPauseLeast{500};
constexpr std::chrono::milliseconds kPauseMost{60'000};
constexpr std::chrono::milliseconds kGather{
    1000}; // between two micro-batches, but for what was received before a large

bool is_settled(const SubmissionRecord& record) {
    return is_end(record.state) || record.state == SubmissionState::held;
}

} // namespace

Runner::Runner(Pipeline& pipeline, Catalog& catalog, std::function<void(const Error&)> failed)
    : pipeline_(pipeline), catalog_(catalog), failed_(std::move(failed)), thread_([this] { run(); }) {}

Runner::~Runner() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    moved_.notify_all();
    thread_.join();
}

void Runner::wake() {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(woken_, true)) return;
    wake_.notify_all();
}

bool Runner::at_rest() const {
    const std::scoped_lock lock(mutex_);
    return resting_ && !woken_;
}

void Runner::end_waits() {
    {
        const std::scoped_lock lock(mutex_);
        hurried_ = true;
    }
    wake_.notify_all();
    moved_.notify_all();
    tell_waiters();
}

Result<SubmissionRecord> Runner::wait(SubmissionId id, std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    std::unique_lock lock(mutex_);
    for (;;) {
        const std::uint64_t seen = ended_;
        lock.unlock();
        SubmissionRecord record = TRY(catalog_.get(id));
        if (is_settled(record) || std::chrono::steady_clock::now() >= until) return record;
        lock.lock();
        moved_.wait_until(lock, until, [&] { return ended_ != seen || stopping_ || hurried_; });
        if (stopping_ || hurried_) return record;
    }
}

void Runner::when_settled(SubmissionId id, std::chrono::milliseconds time, Then then) {
    std::unique_lock lock(mutex_);
    if (stopping_ || hurried_) {
        lock.unlock();
        return then(catalog_.get(id));
    }
    waiters_.push_back({id, Clock::now() + time, std::move(then)});
    wake_.notify_all();
}

// Those whose submission is settled, or whose time is up.
void Runner::tell_waiters() {
    std::vector<std::pair<Then, Result<SubmissionRecord>>> told;
    std::unique_lock lock(mutex_);
    std::vector<Waiter> waiting = std::exchange(waiters_, {});
    const bool stopping = stopping_ || hurried_;
    lock.unlock();
    const auto now = Clock::now();
    std::erase_if(waiting, [&](Waiter& waiter) {
        auto record = catalog_.get(waiter.id);
        if (record && !is_settled(*record) && waiter.until > now && !stopping) return false;
        told.emplace_back(std::move(waiter.then), std::move(record));
        return true;
    });
    lock.lock();
    std::ranges::move(waiting, std::back_inserter(waiters_));
    lock.unlock();
    for (auto& [then, record] : told) then(std::move(record));
}

Result<Runner::Next> Runner::find_next() {
    Next next;
    std::optional<Timestamp> received;
    for (const SubmissionRecord& record : TRY(catalog_.unfinished())) {
        if (record.state != SubmissionState::queued) continue;
        if (received && std::pair(*received, *next.large) < std::pair(record.received_at, record.id)) continue;
        received = record.received_at;
        next.large = record.id;
    }
    const auto small = TRY(catalog_.inbox().oldest());
    if (!small || (received && *received <= *small)) return next;
    next.small_before = received.value_or(0);
    next.large.reset();
    return next;
}

Status Runner::carry_out(const Next& next) {
    if (next.large) {
        TRY(pipeline_.run(*next.large));
    } else {
        small_at_ = Clock::now();
        TRY(pipeline_.publish_small(*next.small_before));
    }
    return {};
}

void Runner::run() {
    auto pause = kPauseLeast;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        woken_ = false;
        resting_ = false;
        lock.unlock();
        auto next = find_next();
        const bool any = next && (next->large || next->small_before);
        auto until = Clock::time_point::max();
        // Small submissions wait for others, so that versions are not more frequent than that.
        const bool gathers = any && next->small_before == 0 && Clock::now() < small_at_ + kGather;
        Status done;
        if (!next) {
            done = fail(std::move(next.error()));
        } else if (gathers) {
            until = small_at_ + kGather;
        } else if (any) {
            done = carry_out(*next);
        }
        if (!done) failed_(done.error());
        tell_waiters();
        lock.lock();
        ++ended_;
        moved_.notify_all();
        if (!done) {
            until = Clock::now() + pause;
            pause = std::min(pause * 2, kPauseMost);
        } else {
            pause = kPauseLeast;
            if (any && !gathers) continue;
            resting_ = !any;
        }
        for (const Waiter& waiter : waiters_) until = std::min(until, waiter.until);
        const std::size_t known = waiters_.size();
        const bool wakes = done && !gathers;
        const auto due = [&] {
            return stopping_ || (wakes && woken_) || waiters_.size() != known || (hurried_ && known != 0);
        };
        if (until == Clock::time_point::max()) {
            wake_.wait(lock, due);
        } else {
            wake_.wait_until(lock, until, due);
        }
    }
    lock.unlock();
    tell_waiters();
}

} // namespace inlet
