#include "base/metric_text.hpp"

#include <cmath>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace inlet {

namespace {

std::string_view to_string(MetricType type) {
    switch (type) {
    case MetricType::counter:
        return "counter";
    case MetricType::gauge:
        return "gauge";
    case MetricType::histogram:
        return "histogram";
    }
    std::unreachable();
}

std::string escaped(std::string_view text, bool quotes) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || (c == '"' && quotes)) out += '\\';
        out += c;
    }
    return out;
}

std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
}

// The same in both forms, so that a series keeps its name when the form changes.
std::string bound_text(double bound) {
    std::string text = number(bound);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

} // namespace

std::string_view content_type(MetricForm form) {
    return form == MetricForm::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                           : "text/plain; version=0.0.4; charset=utf-8";
}

void MetricText::begin(const MetricName& name, MetricType type) {
    constexpr std::string_view kTotal = "_total";
    name_ = name.name;
    std::string family = name.name;
    // OpenMetrics calls the family by its name without what makes the sample of a counter.
    if (form_ == MetricForm::openmetrics && type == MetricType::counter && family.ends_with(kTotal))
        family.resize(family.size() - kTotal.size());
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", family,
                   escaped(name.help, form_ == MetricForm::openmetrics), family, to_string(type));
}

void MetricText::series(std::string_view suffix, std::span<const std::string> labels,
                        std::span<const std::string> values, std::string_view bound) {
    text_ += name_;
    text_ += suffix;
    char before = '{';
    for (std::size_t i = 0; i < labels.size(); ++i) {
        fmt::format_to(std::back_inserter(text_), "{}{}=\"{}\"", before, labels[i], escaped(values[i], true));
        before = ',';
    }
    if (!bound.empty()) {
        fmt::format_to(std::back_inserter(text_), "{}le=\"{}\"", before, bound);
        before = ',';
    }
    text_ += before == ',' ? "} " : " ";
}

void MetricText::sample(std::span<const std::string> labels, std::span<const std::string> values, std::uint64_t value) {
    series("", labels, values);
    text_ += std::to_string(value) + "\n";
}

void MetricText::sample(std::span<const std::string> labels, std::span<const std::string> values, double value) {
    series("", labels, values);
    text_ += number(value) + "\n";
}

void MetricText::histogram(std::span<const std::string> labels, std::span<const std::string> values,
                           std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum) {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        all += counts[i];
        series("_bucket", labels, values, i < bounds.size() ? bound_text(bounds[i]) : "+Inf");
        text_ += std::to_string(all) + "\n";
    }
    series("_sum", labels, values);
    text_ += number(sum) + "\n";
    series("_count", labels, values);
    text_ += std::to_string(all) + "\n";
}

std::string MetricText::take() {
    if (form_ == MetricForm::openmetrics) text_ += "# EOF\n";
    return std::move(text_);
}

} // namespace inlet
