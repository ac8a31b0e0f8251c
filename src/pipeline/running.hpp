// Who works on which submission in this process, and when nobody must. Floor 5. Safe from many threads.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "pipeline/pipeline.hpp"

namespace inlet {

class Running {
public:
    // The right to work on a submission, for as long as it lives. Must not outlive the Running it came from.
    class Claim {
    public:
        Claim(Running& owner, SubmissionId id, std::shared_ptr<StopFlag> flag)
            : owner_(&owner), id_(id), flag_(std::move(flag)) {}
        Claim(Claim&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), id_(other.id_), flag_(std::move(other.flag_)) {}
        Claim& operator=(Claim&&) = delete;
        ~Claim() {
            if (owner_ != nullptr) owner_->release(id_);
        }
        const std::shared_ptr<StopFlag>& flag() const { return flag_; } // shared with whoever reads for it

    private:
        Running* owner_;
        SubmissionId id_;
        std::shared_ptr<StopFlag> flag_;
    };

    Claim claim(SubmissionId id); // waits while somebody else works on it
    void stop(SubmissionId id, FailureCode why);
    void wait_until_free(SubmissionId id);

private:
    void release(SubmissionId id);

    std::mutex mutex_; // over all below
    std::condition_variable released_;
    std::map<SubmissionId, std::shared_ptr<StopFlag>> flags_;
};

// Shared by those who check and publish deliveries; held alone by who writes kept deliveries anew. A lock, to be used
// with std::shared_lock and std::unique_lock. Who wants it alone is not kept waiting by who comes after.
class DeliveriesGate {
public:
    void lock();
    void unlock();
    void lock_shared();
    void unlock_shared();

private:
    std::mutex mutex_; // over all below
    std::condition_variable moved_;
    std::size_t sharing_ = 0;
    std::size_t wanting_ = 0; // it alone
    bool alone_ = false;
};

} // namespace inlet
