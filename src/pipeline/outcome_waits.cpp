#include "pipeline/outcome_waits.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace inlet {

namespace {

bool is_settled(const SubmissionRecord& record) {
    return is_end(record.state) || record.state == SubmissionState::held;
}

} // namespace

OutcomeWaits::OutcomeWaits(Catalog& catalog) : catalog_(catalog), thread_([this] { run(); }) {}

OutcomeWaits::~OutcomeWaits() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = ended_ = true;
    }
    moved_.notify_all();
    thread_.join();
}

void OutcomeWaits::look() {
    {
        const std::scoped_lock lock(mutex_);
        ++looks_;
    }
    moved_.notify_all();
}

void OutcomeWaits::end() {
    {
        const std::scoped_lock lock(mutex_);
        ended_ = true;
    }
    moved_.notify_all();
}

Result<SubmissionRecord> OutcomeWaits::wait(SubmissionId id, std::chrono::milliseconds time) {
    const auto until = Clock::now() + time;
    std::unique_lock lock(mutex_);
    for (;;) {
        const std::uint64_t seen = looks_;
        lock.unlock();
        SubmissionRecord record = TRY(catalog_.get(id));
        if (is_settled(record) || Clock::now() >= until) return record;
        lock.lock();
        moved_.wait_until(lock, until, [&] { return looks_ != seen || ended_; });
        if (ended_) return record;
    }
}

void OutcomeWaits::when_settled(SubmissionId id, std::chrono::milliseconds time, Then then) {
    std::unique_lock lock(mutex_);
    if (ended_) {
        lock.unlock();
        return then(catalog_.get(id));
    }
    waiters_.push_back({id, Clock::now() + time, std::move(then)});
    ++looks_; // it may be settled by now
    lock.unlock();
    moved_.notify_all();
}

// Those whose submission is settled, or whose time is up.
void OutcomeWaits::tell() {
    std::vector<std::pair<Then, Result<SubmissionRecord>>> told;
    std::unique_lock lock(mutex_);
    std::vector<Waiter> waiting = std::exchange(waiters_, {});
    const bool ended = ended_;
    lock.unlock();
    const auto now = Clock::now();
    std::erase_if(waiting, [&](Waiter& waiter) {
        auto record = catalog_.get(waiter.id);
        if (record && !is_settled(*record) && waiter.until > now && !ended) return false;
        told.emplace_back(std::move(waiter.then), std::move(record));
        return true;
    });
    lock.lock();
    std::ranges::move(waiting, std::back_inserter(waiters_));
    lock.unlock();
    for (auto& [then, record] : told) then(std::move(record));
}

void OutcomeWaits::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const std::uint64_t seen = looks_;
        const bool ended = ended_;
        lock.unlock();
        tell();
        lock.lock();
        auto until = Clock::time_point::max();
        for (const Waiter& waiter : waiters_) until = std::min(until, waiter.until);
        const auto due = [&] { return stopping_ || looks_ != seen || ended_ != ended; };
        if (until == Clock::time_point::max())
            moved_.wait(lock, due);
        else
            moved_.wait_until(lock, until, due);
    }
    lock.unlock();
    tell();
}

} // namespace inlet
