// Whose turn it is to change data: one at a time, and of those who wait the lane that had its turn longest ago, so that
// nobody who sends much keeps others waiting. Floor 5. Safe from many threads.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <string>

namespace inlet {

// When each lane had its last turn. Lanes are as many as senders and datasets, and only the latest are remembered.
class Lanes {
public:
    void served(const std::string& lane);
    std::uint64_t last(const std::string& lane) const; // grows; 0: not that anybody knows

private:
    static constexpr std::size_t kRemembered = 10'000;
    std::map<std::string, std::uint64_t> last_;
    std::uint64_t count_ = 0;
};

// A lock; lock() without more is a lane of its own.
class PublishTurns {
public:
    void lock() { lock({}, 0); }
    // Of lanes that are equal the one with fewer bytes goes first, of those the one that came first.
    void lock(const std::string& lane, std::uint64_t bytes);
    void unlock();

private:
    struct Waiter {
        std::string lane;
        std::uint64_t bytes = 0;
    };
    std::list<Waiter>::iterator next();

    std::mutex mutex_; // over all below
    std::condition_variable moved_;
    std::list<Waiter> waiting_; // in the order in which they came
    Lanes lanes_;
    bool taken_ = false;
};

} // namespace inlet
