// How far long work is: a bar with rate and time left on a terminal, a plain line every few seconds elsewhere, nothing
// when nobody looks. Floor 7.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "app/console.hpp"
#include "base/clock.hpp"

namespace inlet {

// Bytes per second over the last few seconds, so that a stall shows and a slow start is forgotten.
class RateMeter {
public:
    void add(Timestamp now, std::uint64_t bytes_done); // in all; neither ever goes back
    std::optional<double> bytes_per_second() const;    // nothing until a tenth of a second has passed
    // Seconds until bytes_total are done at this rate.
    std::optional<double> seconds_left(std::uint64_t bytes_total) const;

private:
    struct Point {
        Timestamp at;
        std::uint64_t bytes;
    };
    std::deque<Point> points_; // of the last kWindow
};

struct ProgressState {
    std::string_view doing; // "checking"
    std::uint64_t bytes = 0;
    std::uint64_t bytes_total = 0; // 0: not known
    std::uint64_t rows = 0;        // 0: not shown
};

// "checking   42 %  [########............]  310 MB of 720 MB  260 MB/s  1.6 s left", at most `width` columns.
std::string progress_bar(const ProgressState& state, const RateMeter& rate, std::size_t width, Paint paint);
// "checking: 42 %, 310 MB of 720 MB, 260 MB/s, 1.6 s left".
std::string progress_line(const ProgressState& state, const RateMeter& rate);

// Safe from many threads.
class ProgressDisplay {
public:
    // Shows nothing with --quiet, nor with --json where standard error is no terminal.
    ProgressDisplay(Console& console, const Clock& clock);
    void show(const ProgressState& state); // as often as one likes; draws ten times a second at most
    void silence();                        // shows nothing from now on
    void clear();                          // takes the bar away, before other text is written

private:
    Console& console_;
    const Clock& clock_;
    std::atomic<bool> shown_; // at all
    bool bar_;                // on a terminal
    std::mutex mutex_;
    std::string doing_;     // behind mutex_
    RateMeter rate_;        // behind mutex_
    Timestamp started_ = 0; // behind mutex_; of what is being done
    Timestamp drawn_ = 0;   // behind mutex_
    bool standing_ = false; // behind mutex_; a bar is on the screen
};

} // namespace inlet
