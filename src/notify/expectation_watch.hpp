// Looks again and again whether what was expected came, and raises events where it did not. Floor 5. Works on a thread
// of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/event_log.hpp"
#include "contract/project.hpp"

namespace inlet {

// Whoever knows the catalog can look; what was told before, by any process, is not told again. One thread.
class ExpectationCheck {
public:
    ExpectationCheck(const std::vector<Dataset>& datasets, Catalog& catalog, const Clock& clock)
        : datasets_(datasets), catalog_(catalog), clock_(clock) {} // borrowed

    bool is_needed() const; // whether anything is expected
    // Errors: the catalog's.
    Status look();

private:
    Status look_at_time(const Dataset& dataset);
    Status look_at_volume(const Dataset& dataset);
    Status weigh(const Dataset& dataset, const LoggedEvent& event);

    const std::vector<Dataset>& datasets_;
    Catalog& catalog_;
    const Clock& clock_;
};

class ExpectationWatch {
public:
    // `failed` is told when the catalog did not answer; it is asked again.
    ExpectationWatch(ExpectationCheck check, std::function<void(const Error&)> failed);
    ~ExpectationWatch();
    ExpectationWatch(const ExpectationWatch&) = delete;
    ExpectationWatch& operator=(const ExpectationWatch&) = delete;

    void wake(); // there are events; never blocks

private:
    void run();

    ExpectationCheck check_; // the thread's
    const std::function<void(const Error&)> failed_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool woken_ = true;     // behind mutex_
    bool stopping_ = false; // behind mutex_
    std::thread thread_;
};

} // namespace inlet
