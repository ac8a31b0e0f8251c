#include "simulate/tally.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace inlet::simulate {

namespace {

// Values below 16 have a bucket each; above, the four bits behind the first one choose among 16 for each power of two.
std::size_t bucket_of(std::uint64_t value) {
    if (value < 16) return value;
    const auto power = static_cast<std::size_t>(std::bit_width(value) - 1);
    return (power - 3) * 16 + ((value >> (power - 4)) & 15);
}

std::uint64_t end_of(std::size_t bucket) {
    if (bucket < 16) return bucket;
    const std::size_t power = bucket / 16 + 3;
    return ((std::uint64_t{16} + bucket % 16 + 1) << (power - 4)) - 1;
}

} // namespace

void Latencies::add(std::chrono::nanoseconds time) {
    const auto microseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count() / 1000, 0));
    ++buckets_[std::min(bucket_of(microseconds), kBuckets - 1)];
    ++count_;
    most_ = std::max(most_, microseconds);
}

double Latencies::percentile(double share) const {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets && count_ > 0; ++i) {
        seen += buckets_[i];
        if (seen >= wanted) return static_cast<double>(std::min(end_of(i), most_)) / 1000;
    }
    return 0;
}

} // namespace inlet::simulate
