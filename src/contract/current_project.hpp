// The project as it is now, while a server may read another one. Floor 1. Safe from many threads.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "contract/project.hpp"

namespace inlet {

class CurrentProject {
public:
    explicit CurrentProject(std::unique_ptr<const Project> first) : now_(first.get()) {
        all_.push_back(std::move(first));
    }

    // Stays as it is, and where it is, as long as this object: who began with it may go on with it. They are few: one
    // for each time that somebody edits a file.
    const Project& operator*() const { return *now_.load(); }
    const Project* operator->() const { return now_.load(); }

    void replace(std::unique_ptr<const Project> next) {
        const std::scoped_lock lock(mutex_);
        now_ = next.get();
        all_.push_back(std::move(next));
    }

private:
    std::atomic<const Project*> now_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<const Project>> all_; // behind mutex_
};

} // namespace inlet
