#include "notify/cloud_event.hpp"

#include <gtest/gtest.h>

#include "notify/event_detail.hpp"

namespace inlet {
namespace {

LoggedEvent published() {
    LoggedEvent event;
    event.event = {.number = 5,
                   .at = 1'700'000'000'250'000,
                   .submission = SubmissionId(7),
                   .type = "submission.published",
                   .detail = R"({"version":3,"rows":2})"};
    event.target = "items";
    event.file_name = "a \"b\".csv";
    event.by = "clerk";
    event.datasets = {"items"};
    return event;
}

TEST(CloudEvent, HasTheContextAndTheData) {
    EXPECT_EQ(cloud_event(published(), "/inlet/shop"),
              R"({"specversion":"1.0","id":"5","source":"/inlet/shop","type":"submission.published",)"
              R"("subject":"submissions/7","time":"2023-11-14T22:13:20.250000Z","datacontenttype":"application/json",)"
              R"("data":{"submission":7,"kind":"delivery","target":"items","target_is_package":false,)"
              R"("file_name":"a \"b\".csv","sent_by":"clerk","datasets":["items"],"version":3,"rows":2}})");
}

TEST(CloudEvent, OfADatasetHasNoSubmission) {
    LoggedEvent event;
    event.event = {.number = 6, .at = 0, .submission = {}, .type = "delivery.late", .detail = "{}", .dataset = "items"};
    EXPECT_EQ(
        cloud_event(event, "x"),
        R"({"specversion":"1.0","id":"6","source":"x","type":"delivery.late","subject":"datasets/items",)"
        R"("time":"1970-01-01T00:00:00.000000Z","datacontenttype":"application/json","data":{"dataset":"items"}})");
}

TEST(CloudEvent, OfProgressHasARateOnceTimePassed) {
    const RunningSubmission begun{.submission = SubmissionId(7), .state = SubmissionState::checking};
    EXPECT_NE(progress_event(published(), begun, "x", 0)
                  .find(R"("state":"checking","bytes":0,"bytes_total":null,"rows":0,"bytes_per_second":null}})"),
              std::string::npos);
    const RunningSubmission running{.submission = SubmissionId(7),
                                    .state = SubmissionState::checking,
                                    .bytes = 3000,
                                    .bytes_total = 9000,
                                    .rows = 10,
                                    .seconds = 1.5};
    EXPECT_NE(progress_event(published(), running, "x", 0)
                  .find(R"("bytes":3000,"bytes_total":9000,"rows":10,"bytes_per_second":2000}})"),
              std::string::npos);
}

TEST(EventDetail, SaysOfTheSystemsFailuresOnlyWhatTheCodeMeans) {
    const auto reason = [](const std::string& detail) { return public_detail(detail).at(1).json; };
    EXPECT_EQ(reason(R"({"code":"type-error","reason":"row 3, \"x\" is no number","attempt":1})"),
              R"("row 3, \"x\" is no number")");
    const std::string hidden = reason(R"({"code":"disk-full","reason":"cannot write /srv/inlet/data/x","attempt":1})");
    EXPECT_EQ(hidden.find("/srv"), std::string::npos);
    EXPECT_EQ(hidden, "\"" + std::string(failure_info(FailureCode::disk_full).meaning) + "\"");
    EXPECT_EQ(reason(R"({"code":"never-heard-of","reason":"/srv"})").find("/srv"), std::string::npos);
}

TEST(EventDetail, IsReadAsFarAsItIsWellFormed) {
    EXPECT_TRUE(detail_members("").empty());
    EXPECT_TRUE(detail_members("{}").empty());
    EXPECT_EQ(detail_members(R"({"a":"x,}\"y","b":2})").size(), 2U);
    EXPECT_EQ(detail_members(R"({"a":"x,}\"y","b":2})").at(0).json, R"("x,}\"y")");
    EXPECT_EQ(detail_members(R"({"a":1,"b)").size(), 1U);
    EXPECT_TRUE(detail_members(R"({"a":1)").empty());
}

} // namespace
} // namespace inlet
