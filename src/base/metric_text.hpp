// Writes metrics down: the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/,
// version 0.0.4) and OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/). Floor 0; one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace inlet {

enum class MetricForm : std::uint8_t { prometheus, openmetrics };
std::string_view content_type(MetricForm form);

enum class MetricType : std::uint8_t { counter, gauge, histogram };

struct MetricName {
    std::string name; // of a counter with its `_total`
    std::string help;
};

class MetricText {
public:
    explicit MetricText(MetricForm form) : form_(form) {}

    // What follows is of this name.
    void begin(const MetricName& name, MetricType type);
    void sample(std::span<const std::string> labels, std::span<const std::string> values, std::uint64_t value);
    void sample(std::span<const std::string> labels, std::span<const std::string> values, double value);
    // `counts` has one more than `bounds`, each by itself.
    void histogram(std::span<const std::string> labels, std::span<const std::string> values,
                   std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum);
    // One without labels, begun and written.
    template <class Number>
    void single(const MetricName& name, MetricType type, Number value) {
        begin(name, type);
        sample({}, {}, value);
    }

    std::string take();

private:
    void series(std::string_view suffix, std::span<const std::string> labels, std::span<const std::string> values,
                std::string_view bound = {});

    const MetricForm form_;
    std::string name_; // of what is written now
    std::string text_;
};

} // namespace inlet
