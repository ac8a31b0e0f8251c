// The event log. The tests use the interface alone.
#include <gtest/gtest.h>

#include "catalog/event_log.hpp"
#include "catalog/testing/conformance.hpp"

namespace inlet {

namespace {

std::vector<std::int64_t> numbers(const Result<std::vector<LoggedEvent>>& events) {
    std::vector<std::int64_t> found;
    for (const LoggedEvent& event : events.value()) found.push_back(event.event.number);
    return found;
}

using Numbers = std::vector<std::int64_t>;

CatalogEvent about(const std::string& dataset, const std::string& type) {
    CatalogEvent event;
    event.type = type;
    event.detail = R"({"rows":3})";
    event.dataset = dataset;
    return event;
}

} // namespace

TEST_P(CatalogConformance, EventsAreReadOnFromAnyNumber) {
    EventLog& log = catalog().event_log();
    EXPECT_EQ(log.last(), 0);
    EXPECT_EQ(numbers(log.after(0, {}, 10)), Numbers{});
    const SubmissionRecord first = stored(sample_delivery("items", "items"));
    const SubmissionRecord second = stored(sample_delivery("log", "log"));
    moved(first, SubmissionState::queued);
    EXPECT_EQ(log.last(), 3);
    EXPECT_EQ(numbers(log.after(0, {}, 10)), (Numbers{1, 2, 3}));
    EXPECT_EQ(numbers(log.after(0, {}, 2)), (Numbers{1, 2}));
    EXPECT_EQ(numbers(log.after(2, {}, 10)), (Numbers{3}));
    EXPECT_EQ(numbers(log.after(3, {}, 10)), Numbers{});
    EXPECT_EQ(numbers(log.after(0, {.submission = second.id}, 10)), (Numbers{2}));
    EXPECT_EQ(numbers(log.after(0, {.dataset = "items"}, 10)), (Numbers{1, 3}));
    EXPECT_EQ(numbers(log.after(0, {.dataset = "items"}, 1)), (Numbers{1}));
    EXPECT_EQ(numbers(log.after(0, {.dataset = "other"}, 10)), Numbers{});
    EXPECT_EQ(numbers(log.after(0, {.types = {"submission.received"}}, 10)).size(), 2U);
}

TEST_P(CatalogConformance, EventsAreForgottenUnlessTheirSubmissionGoesOn) {
    EventLog& log = catalog().event_log();
    const SubmissionRecord open = stored(sample_delivery("items", "items"));
    const SubmissionRecord ended = stored(sample_delivery("log", "log"));
    moved(ended, SubmissionState::failed);
    ASSERT_TRUE(log.raise(about("items", "delivery.late"), "deadline", 100));
    clock().advance(1);
    const Timestamp then = clock().now();
    ASSERT_TRUE(log.raise(about("items", "delivery.missing"), "deadline", 200));
    EXPECT_EQ(catalog().forget_events(then, true), 3U);
    EXPECT_EQ(numbers(log.after(0, {}, 10)).size(), 5U);
    EXPECT_EQ(catalog().forget_events(then, false), 3U);
    EXPECT_EQ(numbers(log.after(0, {}, 10)), (Numbers{1, 5}));
    EXPECT_EQ(catalog().events(open.id)->size(), 1U);
    EXPECT_EQ(log.last(), 5) << "no number is given twice";
}

TEST_P(CatalogConformance, EventsKnowWhatTheirSubmissionIs) {
    SubmissionRecord record = sample_delivery("drop", "items");
    record.target_is_package = true;
    record.file_name = "drop.zip";
    record.parts.push_back({.name = "b.csv", .dataset = "authors"});
    record.parts.push_back({.name = "c.csv", .dataset = "items"});
    const SubmissionRecord kept = stored(record);
    const std::vector<LoggedEvent> events = catalog().event_log().after(0, {.dataset = "authors"}, 10).value();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].event.submission, kept.id);
    EXPECT_EQ(events[0].event.at, clock().now());
    EXPECT_EQ(events[0].target, "drop");
    EXPECT_TRUE(events[0].target_is_package);
    EXPECT_EQ(events[0].file_name, "drop.zip");
    EXPECT_EQ(events[0].by, "somebody");
    EXPECT_EQ(events[0].datasets, (std::vector<std::string>{"authors", "items"}));
}

TEST_P(CatalogConformance, EventsAboutADatasetAreRaisedOnce) {
    EventLog& log = catalog().event_log();
    EXPECT_EQ(log.mark("items", "deadline"), std::nullopt);
    EXPECT_EQ(log.raise(about("items", "delivery.late"), "deadline", 100), true);
    EXPECT_EQ(log.raise(about("items", "delivery.late"), "deadline", 100), false);
    EXPECT_EQ(log.raise(about("items", "delivery.late"), "deadline", 99), false);
    EXPECT_EQ(log.raise(about("log", "delivery.late"), "deadline", 100), true);
    EXPECT_EQ(log.raise(about("items", "delivery.missing"), "deadline", 200), true);
    EXPECT_EQ(log.mark("items", "deadline"), 200);
    EXPECT_TRUE(log.set_mark("items", "deadline", 50));
    EXPECT_EQ(log.mark("items", "deadline"), 50);
    const std::vector<LoggedEvent> events = log.after(0, {.dataset = "items"}, 10).value();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].event.type, "delivery.late");
    EXPECT_EQ(events[0].event.dataset, "items");
    EXPECT_EQ(events[0].event.detail, R"({"rows":3})");
    EXPECT_FALSE(events[0].event.submission);
    EXPECT_EQ(events[0].datasets, std::vector<std::string>{"items"});
    EXPECT_EQ(log.last(), 3);
}

TEST_P(CatalogConformance, WhoeverWaitsForEventsIsToldOfEach) {
    int told = 0;
    catalog().event_log().on_new([&] { ++told; });
    const SubmissionRecord record = stored(sample_delivery("items", "items"));
    EXPECT_EQ(told, 1);
    moved(record, SubmissionState::queued);
    EXPECT_EQ(told, 2);
    // Nothing happened.
    EXPECT_FALSE(catalog().update(record, SubmissionState::held, {.type = "submission.held", .detail = "{}"}));
    EXPECT_EQ(told, 2);
    EXPECT_TRUE(catalog().event_log().raise(about("items", "delivery.late"), "deadline", 1));
    EXPECT_EQ(told, 3);
    catalog().event_log().on_new({});
    stored(sample_delivery("items", "items"));
    EXPECT_EQ(told, 3);
}

} // namespace inlet
