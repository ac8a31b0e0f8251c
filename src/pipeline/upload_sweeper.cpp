#include "pipeline/upload_sweeper.hpp"

namespace inlet {

UploadSweeper::UploadSweeper(Uploads& uploads, std::chrono::milliseconds pause)
    : uploads_(uploads), pause_(pause), thread_([this] { run(); }) {}

UploadSweeper::~UploadSweeper() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void UploadSweeper::run() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, pause_, [&] { return stopping_; })) {
        lock.unlock();
        uploads_.sweep();
        lock.lock();
    }
}

} // namespace inlet
