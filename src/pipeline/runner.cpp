#include "pipeline/runner.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "pipeline/submission_log.hpp"

namespace inlet {

namespace {

constexpr std::chrono::milliseconds kGather{1000};     // between two micro-batches
constexpr std::chrono::milliseconds kLookAgain{1000};  // at what waits for others
constexpr std::chrono::milliseconds kAskScanner{5000}; // whether it is back

} // namespace

Runner::Runner(Pipeline& pipeline, Catalog& catalog, std::function<void(const Error&)> failed, RunnerSettings settings)
    : pipeline_(pipeline), catalog_(catalog), failed_(std::move(failed)), settings_(std::move(settings)),
      waits_(catalog), leases_(catalog.jobs(), settings_.worker,
                               [this](SubmissionId id) { pipeline_.stop(id, FailureCode::lease_lost); }) {
    renewing_ = std::make_unique<Periodic>(HeldLeases::kRenewEvery, [this] { leases_.renew(); });
    if (settings_.scans) scanning_ = std::make_unique<Periodic>(kAskScanner, [this] { resume_unscanned(); });
    for (std::size_t i = 0; i < settings_.places; ++i) threads_.emplace_back([this] { work(); });
    threads_.emplace_back([this] { work_small(); });
}

Runner::~Runner() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    waits_.end();
    for (std::thread& thread : threads_) thread.join();
    scanning_.reset();
    renewing_.reset();
}

void Runner::wake() {
    {
        const std::scoped_lock lock(mutex_);
        ++changes_;
        ++small_changes_; // which it may have held back
    }
    wake_.notify_all();
}

void Runner::wake_small() {
    {
        const std::scoped_lock lock(mutex_);
        const bool was_at_rest = small_rested_ == small_changes_;
        ++small_changes_;
        if (!was_at_rest) return;
    }
    wake_.notify_all();
}

bool Runner::at_rest() const {
    const std::scoped_lock lock(mutex_);
    return rested_ == changes_ && small_rested_ == small_changes_;
}

// Something came to its end, or may begin.
void Runner::moved() {
    {
        const std::scoped_lock lock(mutex_);
        ++changes_;
        ++small_changes_;
    }
    wake_.notify_all();
    waits_.look();
}

Result<std::vector<SubmissionRecord>> Runner::unfinished() {
    std::vector<SubmissionRecord> records = TRY(catalog_.unfinished());
    std::erase_if(records, [](const SubmissionRecord& record) {
        return record.state != SubmissionState::queued && record.state != SubmissionState::checking &&
               record.state != SubmissionState::publishing;
    });
    std::ranges::sort(records, {},
                      [](const SubmissionRecord& record) { return std::tuple(record.received_at, record.id); });
    return records;
}

std::vector<JobCandidate> Runner::candidates(const std::vector<SubmissionRecord>& records) {
    const auto now = Clock::now();
    std::vector<JobCandidate> jobs;
    for (const SubmissionRecord& record : records) {
        const auto off = put_off_.find(record.id);
        jobs.push_back({.id = record.id,
                        .lane = lane_of(record),
                        .datasets = pipeline_.datasets_of(record),
                        .bytes = record.raw_bytes,
                        .is_running = running_.contains(record.id),
                        .is_put_off = off != put_off_.end() && off->second.until > now});
    }
    return jobs;
}

Runner::Clock::time_point Runner::next_look() const {
    auto next = Clock::now() + kLookAgain;
    for (const auto& [id, off] : put_off_) next = std::min(next, std::max(off.until, Clock::now()));
    return next;
}

void Runner::work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const std::uint64_t seen = changes_;
        lock.unlock();
        const auto records = unfinished();
        if (!records) failed_(records.error());
        lock.lock();
        if (stopping_) break;
        const std::vector<JobCandidate> jobs = records ? candidates(*records) : std::vector<JobCandidate>();
        const auto chosen = choose_job(jobs, lanes_, settings_.places);
        if (!chosen) {
            const auto due = [&] { return stopping_ || changes_ != seen; };
            if (records && jobs.empty()) {
                rested_ = seen;
                put_off_.clear();
                wake_.wait(lock, due);
            } else {
                wake_.wait_until(lock, next_look(), due);
            }
            continue;
        }
        const JobCandidate& job = *std::ranges::find(jobs, *chosen, &JobCandidate::id);
        running_.insert(job.id);
        lanes_.served(job.lane);
        lock.unlock();
        Status done = run_one(job.id, job.lane, job.bytes);
        leases_.give_back(job.id);
        const bool is_lost = !done && done.error().code == FailureCode::lease_lost;
        if (!done && !is_lost) failed_(done.error());
        lock.lock();
        running_.erase(job.id);
        if (!done) {
            const auto off = put_off_.find(job.id);
            put_off(job.id, pause_after(off == put_off_.end() ? 0 : off->second.failures), true);
        } else if (const auto off = put_off_.find(job.id); off != put_off_.end() && off->second.until <= Clock::now()) {
            put_off_.erase(off);
        }
        lock.unlock();
        moved();
        lock.lock();
    }
}

std::chrono::milliseconds Runner::pause_after(std::uint32_t failures) const {
    constexpr std::uint32_t kDoublings = 20;
    return std::min(settings_.pause_least * (1U << std::min(failures, kDoublings)), settings_.pause_most);
}

void Runner::put_off(SubmissionId id, std::chrono::milliseconds pause, bool unwritten) {
    PutOff& off = put_off_[id];
    off.until = Clock::now() + pause;
    if (unwritten) ++off.failures;
}

Status Runner::run_one(SubmissionId id, const std::string& lane, std::uint64_t bytes) {
    const auto lease = TRY(leases_.take(id));
    if (!lease) return {}; // it needs no work, or another works on it
    const auto again = [&](const Error& error) -> Result<bool> {
        if (lease->failures >= settings_.retries) return false;
        const auto pause = pause_after(lease->failures);
        const std::string code(failure_info(error.code).code);
        TRY(catalog_.jobs().put_off(id, lease->lease, pause, code, in_words(error)));
        failed_(error);
        const std::scoped_lock lock(mutex_);
        put_off(id, pause, false);
        return true;
    };
    TRY(pipeline_.run_job(id, {.lease = lease->lease, .lane = lane, .bytes = bytes, .put_off = again}));
    return {};
}

// Of a dataset that has deliveries waiting, those that came before the first of them.
Result<InboxFilter> Runner::small_first() {
    InboxFilter filter;
    for (const SubmissionRecord& record : TRY(unfinished())) {
        for (const std::string& dataset : pipeline_.datasets_of(record))
            filter.before_of.try_emplace(dataset, record.received_at);
    }
    return filter;
}

Result<bool> Runner::publish_small() {
    InboxFilter filter = TRY(small_first());
    if (!TRY(catalog_.inbox().oldest(filter))) return false;
    {
        std::unique_lock lock(mutex_);
        wake_.wait_until(lock, small_at_ + kGather, [&] { return stopping_; });
        if (stopping_) return false;
        small_at_ = Clock::now();
    }
    filter = TRY(small_first()); // a delivery may have come meanwhile
    TRY(pipeline_.publish_small(filter));
    waits_.look();
    return true;
}

void Runner::work_small() {
    std::chrono::milliseconds pause = settings_.pause_least;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const std::uint64_t seen = small_changes_;
        lock.unlock();
        const auto any = publish_small();
        if (!any) failed_(any.error());
        lock.lock();
        if (!any) {
            wake_.wait_for(lock, pause, [&] { return stopping_; });
            pause = std::min(pause * 2, settings_.pause_most);
        } else if (pause = settings_.pause_least; !*any) {
            small_rested_ = seen;
            wake_.wait(lock, [&] { return stopping_ || small_changes_ != seen; });
        }
    }
}

void Runner::resume_unscanned() {
    const auto resumed = pipeline_.resume_unscanned();
    if (!resumed) return failed_(resumed.error());
    if (*resumed > 0) moved();
}

} // namespace inlet
