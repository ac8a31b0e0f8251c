// Does a piece of work now and then, on a thread of its own. Floor 0.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace inlet {

class Periodic {
public:
    // `work` is called after each pause, and before the first if it is `at_once`; it must not throw.
    Periodic(std::chrono::milliseconds pause, std::function<void()> work, bool at_once = false);
    ~Periodic(); // waits for the work that is under way
    Periodic(const Periodic&) = delete;
    Periodic& operator=(const Periodic&) = delete;

private:
    void run();

    const std::chrono::milliseconds pause_;
    const std::function<void()> work_;
    const bool at_once_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false; // behind mutex_
    std::thread thread_;
};

} // namespace inlet
