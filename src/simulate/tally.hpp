// Counts and latencies of a run. Floor 6; one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace inlet::simulate {

// How long things took, in buckets that are a sixteenth of their size wide: percentiles are right to about 6 %.
class Latencies {
public:
    void add(std::chrono::nanoseconds time);
    std::uint64_t count() const { return count_; }
    // The time, in milliseconds, that this share (0.99) of them kept within; 0 if there are none.
    double percentile(double share) const;
    double most() const { return static_cast<double>(most_) / 1000; } // milliseconds

private:
    static constexpr std::size_t kBuckets = 16 * 48;
    std::array<std::uint64_t, kBuckets> buckets_{}; // of microseconds
    std::uint64_t count_ = 0;
    std::uint64_t most_ = 0; // microseconds
};

struct Tally {
    // Of machines and people.
    std::map<std::string, std::uint64_t> answers; // "201", "422 too-many-rejects"; every attempt
    std::uint64_t unanswered = 0;                 // attempts that no answer came to
    std::uint64_t connections = 0;                // opened

    // Of machines.
    Latencies latencies;             // from a request's first attempt to its answer
    std::uint64_t requests = 0;      // answered in the end
    std::uint64_t records = 0;       // in them
    std::uint64_t mistakes = 0;      // requests with a broken record
    std::uint64_t repeated = 0;      // that were sent once more after their answer
    std::uint64_t cut = 0;           // that the machine cut off, before the answer came
    std::uint64_t other_answers = 0; // a repeated request was not answered as the first time: a fault
    std::uint64_t unsettled = 0;     // without an answer at the end

    // Of people.
    std::uint64_t uploads = 0; // complete
    std::uint64_t upload_bytes = 0;
    std::uint64_t breaks = 0; // connections that they dropped in the middle
    std::uint64_t abandoned = 0;
    std::uint64_t corrections = 0;
    std::uint64_t lost_bytes = 0; // that an answer had called safe: a fault
    std::uint64_t refused = 0;    // uploads that were refused at their beginning
};

} // namespace inlet::simulate
