#include "base/periodic.hpp"

#include <utility>

namespace inlet {

Periodic::Periodic(std::chrono::milliseconds pause, std::function<void()> work, bool at_once)
    : pause_(pause), work_(std::move(work)), at_once_(at_once), thread_([this] { run(); }) {}

Periodic::~Periodic() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void Periodic::run() {
    if (at_once_) work_();
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, pause_, [&] { return stopping_; })) {
        lock.unlock();
        work_();
        lock.lock();
    }
}

} // namespace inlet
