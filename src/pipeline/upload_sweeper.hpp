// Sweeps uploads now and then, on a thread of its own. Floor 5.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "pipeline/uploads.hpp"

namespace inlet {

class UploadSweeper {
public:
    UploadSweeper(Uploads& uploads, std::chrono::milliseconds pause); // borrowed
    ~UploadSweeper();                                                 // waits for the sweep that is under way
    UploadSweeper(const UploadSweeper&) = delete;
    UploadSweeper& operator=(const UploadSweeper&) = delete;

private:
    void run();

    Uploads& uploads_;
    const std::chrono::milliseconds pause_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false; // behind mutex_
    std::thread thread_;
};

} // namespace inlet
