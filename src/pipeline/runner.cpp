#include "pipeline/runner.hpp"

#include <algorithm>

namespace inlet {

namespace {

constexpr std::chrono::milliseconds kPauseLeast{500};
constexpr std::chrono::milliseconds kPauseMost{60'000};

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
    woken_ = true;
    wake_.notify_all();
}

bool Runner::at_rest() const {
    const std::scoped_lock lock(mutex_);
    return !woken_ && !working_;
}

void Runner::end_waits() {
    const std::scoped_lock lock(mutex_);
    hurried_ = true;
    moved_.notify_all();
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

Result<bool> Runner::run_next() {
    std::vector<SubmissionRecord> waiting = TRY(catalog_.unfinished());
    std::erase_if(waiting, [](const auto& record) { return record.state != SubmissionState::queued; });
    if (waiting.empty()) return false;
    const auto first = std::ranges::min_element(
        waiting, {}, [](const SubmissionRecord& record) { return std::pair(record.received_at, record.id); });
    TRY(pipeline_.run(first->id));
    return true;
}

void Runner::run() {
    auto pause = kPauseLeast;
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [&] { return woken_ || stopping_; });
        if (stopping_) return;
        woken_ = false;
        working_ = true;
        lock.unlock();
        const auto ran = run_next();
        if (!ran) failed_(ran.error());
        lock.lock();
        working_ = false;
        ++ended_;
        moved_.notify_all();
        if (!ran) {
            wake_.wait_for(lock, pause, [&] { return stopping_; });
            pause = std::min(pause * 2, kPauseMost);
            woken_ = true;
        } else {
            pause = kPauseLeast;
            woken_ = woken_ || *ran;
        }
    }
}

} // namespace inlet
