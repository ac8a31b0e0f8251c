#include "base/metrics.hpp"

#include <array>
#include <thread>

#include <gtest/gtest.h>

namespace inlet {
namespace {

constexpr std::array kBounds{0.1, 1.0};

TEST(Metrics, AreWrittenAsPrometheusReadsThem) {
    Metrics metrics;
    Family<Counter>& requests = metrics.counters("x_requests_total", "Requests \\ by\nwhom", {"by", "status"});
    requests.of({"a\"b\\c\nd", "200"}).add(3);
    requests.of({"ann", "404"}).add();
    Histogram& time = metrics.histograms("x_seconds", "Time", kBounds).of({});
    time.observe(0.1);
    time.observe(0.5);
    time.observe(7);
    metrics.ask([](MetricText& text) { text.single({"x_free_bytes", "Free"}, MetricType::gauge, 2.5); });
    EXPECT_EQ(metrics.text(MetricForm::prometheus), R"(# HELP x_requests_total Requests \\ by\nwhom
# TYPE x_requests_total counter
x_requests_total{by="a\"b\\c\nd",status="200"} 3
x_requests_total{by="ann",status="404"} 1
# HELP x_seconds Time
# TYPE x_seconds histogram
x_seconds_bucket{le="0.1"} 1
x_seconds_bucket{le="1.0"} 2
x_seconds_bucket{le="+Inf"} 3
x_seconds_sum 7.6
x_seconds_count 3
# HELP x_free_bytes Free
# TYPE x_free_bytes gauge
x_free_bytes 2.5
)");
}

TEST(Metrics, OpenMetricsCallsAFamilyOfCountersWithoutTotalAndHasAnEnd) {
    Metrics metrics;
    metrics.counters("x_total", "All").of({}).add(2);
    EXPECT_EQ(metrics.text(MetricForm::openmetrics), "# HELP x All\n# TYPE x counter\nx_total 2\n# EOF\n");
}

TEST(Metrics, WithoutLabelsTheyAreThereFromTheStart) {
    Metrics metrics;
    metrics.counters("x_total", "All");
    metrics.counters("y_total", "By whom", {"by"});
    EXPECT_EQ(metrics.text(MetricForm::prometheus), "# HELP x_total All\n# TYPE x_total counter\nx_total 0\n"
                                                    "# HELP y_total By whom\n# TYPE y_total counter\n");
}

TEST(Metrics, TheSameValuesAreTheSameCounter) {
    Metrics metrics;
    Family<Counter>& family = metrics.counters("x_total", "All", {"by"});
    EXPECT_EQ(&family.of({"a"}), &family.of({"a"}));
    EXPECT_NE(&family.of({"a"}), &family.of({"b"}));
}

TEST(Metrics, NothingIsLostWhenManyCount) {
    constexpr int kEach = 10'000;
    Metrics metrics;
    Family<Counter>& family = metrics.counters("x_total", "All", {"by"});
    Histogram& values = metrics.histograms("x_count", "Values", count_bounds()).of({});
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int n = 0; n < kEach; ++n) {
                    family.of({"a"}).add();
                    values.observe(3);
                }
            });
        }
    }
    EXPECT_EQ(family.of({"a"}).value(), 4U * kEach);
    EXPECT_EQ(values.counts().at(2), 4U * kEach);
    EXPECT_EQ(values.sum(), 12.0 * kEach);
}

} // namespace
} // namespace inlet
