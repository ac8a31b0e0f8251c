// Ctrl-C and requests to end: the program ends at once, as in a crash, which everything that is stored is made for;
// only what lies in a temporary folder of this run alone is taken away first. Floor 7; a thread of its own waits for
// the signals.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace inlet {

class Interrupts {
public:
    // Made before other threads, which inherit that SIGINT, SIGTERM and SIGHUP are kept from them. Exit code: 128 and
    // the signal's number.
    Interrupts();
    ~Interrupts(); // the signals act as they did before
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    // What to do before the program ends. Runs on the waiting thread, while the others go on working.
    void at_end(std::function<void()> clean);
    // What to tell a person then, behind "interrupted: ", on standard error: what was kept, and how to go on.
    void say(std::string what);
    enum class Asked : std::uint8_t { nothing, reload, end };
    // Waits that long for a signal. From the first call on SIGHUP asks to reload, and the first other signal to end;
    // neither ends the program. The next after that one does.
    Asked wait(std::chrono::milliseconds time);

private:
    void watch();

    int stop_ = -1;    // an eventfd: the thread is to return
    int signals_ = -1; // a signalfd
    std::mutex mutex_;
    std::function<void()> clean_; // behind mutex_
    std::string what_;            // behind mutex_
    bool awaited_ = false;        // behind mutex_
    bool reload_ = false;         // behind mutex_
    bool came_ = false;           // behind mutex_
    std::condition_variable coming_;
    std::thread thread_;
};

} // namespace inlet
