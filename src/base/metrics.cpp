#include "base/metrics.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace inlet {

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds), counts_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds.size() + 1)) {}

void Histogram::observe(double value) {
    const auto place = std::ranges::lower_bound(bounds_, value) - bounds_.begin(); // a bound belongs to what is below
    counts_[static_cast<std::size_t>(place)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<std::uint64_t> Histogram::counts() const {
    std::vector<std::uint64_t> counts(bounds_.size() + 1);
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = counts_[i].load(std::memory_order_relaxed);
    return counts;
}

template <>
void Family<Counter>::write(MetricText& text) const {
    const std::scoped_lock lock(mutex_);
    text.begin(name_, MetricType::counter);
    for (const auto& [values, counter] : by_values_) text.sample(labels_, values, counter->value());
}

template <>
void Family<Histogram>::write(MetricText& text) const {
    const std::scoped_lock lock(mutex_);
    text.begin(name_, MetricType::histogram);
    for (const auto& [values, histogram] : by_values_)
        text.histogram(labels_, values, histogram->bounds(), histogram->counts(), histogram->sum());
}

Family<Counter>& Metrics::counters(std::string name, std::string help, std::vector<std::string> labels) {
    const bool is_single = labels.empty(); // it is there from the start, as 0
    counters_.emplace_back(new Family<Counter>({std::move(name), std::move(help)}, std::move(labels),
                                               [] { return std::make_unique<Counter>(); }));
    if (is_single) counters_.back()->of({});
    return *counters_.back();
}

Family<Histogram>& Metrics::histograms(std::string name, std::string help, std::span<const double> bounds,
                                       std::vector<std::string> labels) {
    const bool is_single = labels.empty();
    histograms_.emplace_back(new Family<Histogram>({std::move(name), std::move(help)}, std::move(labels),
                                                   [bounds] { return std::make_unique<Histogram>(bounds); }));
    if (is_single) histograms_.back()->of({});
    return *histograms_.back();
}

std::string Metrics::text(MetricForm form) const {
    MetricText text(form);
    for (const auto& family : counters_) family->write(text);
    for (const auto& family : histograms_) family->write(text);
    for (const auto& source : sources_) source(text);
    return text.take();
}

std::span<const double> duration_bounds() {
    static constexpr std::array kBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                        0.5,   1.0,    2.5,   5.0,  10.0,  30.0, 60.0};
    return kBounds;
}

std::span<const double> count_bounds() {
    static constexpr std::array kBounds{1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0};
    return kBounds;
}

} // namespace inlet
