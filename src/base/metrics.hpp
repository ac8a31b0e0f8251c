// Figures about the running program, as whoever watches it reads them. Floor 0. Safe from many threads: counting is an
// atomic addition, looking up which counter takes a short lock, so that hot paths keep the reference they were given.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/metric_text.hpp"

namespace inlet {

// Only ever goes up.
class Counter {
public:
    void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

// How often values fell where: up to the first bound, to the second ..., above all.
class Histogram {
public:
    explicit Histogram(std::span<const double> bounds); // ascending; borrowed
    void observe(double value);

    std::span<const double> bounds() const { return bounds_; }
    std::vector<std::uint64_t> counts() const; // one more than bounds; each by itself
    double sum() const { return sum_.load(std::memory_order_relaxed); }

private:
    std::span<const double> bounds_;
    std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
    std::atomic<double> sum_{0};
};

// Those of one name, told apart by the values of their labels. It is for the caller that these are few.
template <class Metric>
class Family {
public:
    // The same one for the same values, made when first asked for; lives as long as the family.
    Metric& of(std::initializer_list<std::string_view> values) {
        return of(std::vector<std::string>(values.begin(), values.end()));
    }
    Metric& of(std::vector<std::string> values) {
        const std::scoped_lock lock(mutex_);
        const auto found = by_values_.find(values);
        return found != by_values_.end() ? *found->second
                                         : *by_values_.emplace(std::move(values), make_()).first->second;
    }

private:
    friend class Metrics;
    using Make = std::function<std::unique_ptr<Metric>()>;
    Family(MetricName name, std::vector<std::string> labels, Make make)
        : name_(std::move(name)), labels_(std::move(labels)), make_(std::move(make)) {}

    void write(MetricText& text) const;

    const MetricName name_;
    const std::vector<std::string> labels_;
    const Make make_;
    mutable std::mutex mutex_;
    std::map<std::vector<std::string>, std::unique_ptr<Metric>> by_values_; // behind mutex_
};

class Metrics {
public:
    // Names follow https://prometheus.io/docs/practices/naming/: base units, `_total` for what counts. Each once,
    // before anybody reads.
    Family<Counter>& counters(std::string name, std::string help, std::vector<std::string> labels = {});
    // `bounds` must outlive this.
    Family<Histogram>& histograms(std::string name, std::string help, std::span<const double> bounds,
                                  std::vector<std::string> labels = {});
    // For what is known elsewhere: asked at each reading, on the reader's thread.
    void ask(std::function<void(MetricText& text)> source) { sources_.push_back(std::move(source)); }

    std::string text(MetricForm form) const;

private:
    std::deque<std::unique_ptr<Family<Counter>>> counters_;
    std::deque<std::unique_ptr<Family<Histogram>>> histograms_;
    std::vector<std::function<void(MetricText&)>> sources_;
};

// From 1 ms to 1 min, and from 1 to 1024: for durations in seconds, and for counts.
std::span<const double> duration_bounds();
std::span<const double> count_bounds();

} // namespace inlet
