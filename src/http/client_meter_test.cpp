#include "http/client_meter.hpp"

#include <gtest/gtest.h>

namespace inlet::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Meter : public testing::Test {
protected:
    bool asks(const std::string& client = "a") { return meter_.request(client, rates_, now_).retry_after_seconds == 0; }
    int granted(int times, const std::string& client = "a") {
        int count = 0;
        for (int i = 0; i < times; ++i) count += asks(client) ? 1 : 0;
        return count;
    }

    ClientMeter meter_{"address", 3};
    ClientRates rates_{.requests_per_second = 2, .burst = 5};
    ClientMeter::Moment now_{seconds(1000)};
};

TEST_F(Meter, GrantsABurstAndThenTheRate) {
    EXPECT_EQ(granted(10), 5);
    now_ += milliseconds(499);
    EXPECT_EQ(granted(10), 0);
    now_ += milliseconds(1);
    EXPECT_EQ(granted(10), 1);
    now_ += seconds(2);
    EXPECT_EQ(granted(10), 4);
    now_ += seconds(100);
    EXPECT_EQ(granted(10), 5);
}

TEST_F(Meter, SaysWhenToComeAgainAndWhatIsLeft) {
    auto verdict = meter_.request("a", rates_, now_);
    ASSERT_EQ(verdict.quotas.size(), 1);
    EXPECT_EQ(verdict.quotas[0].limit, 5);
    EXPECT_EQ(verdict.quotas[0].window_seconds, 3);
    EXPECT_EQ(verdict.quotas[0].left, 4);
    EXPECT_EQ(verdict.quotas[0].full_in_seconds, 1);
    EXPECT_EQ(granted(4), 4);
    verdict = meter_.request("a", rates_, now_);
    EXPECT_EQ(verdict.retry_after_seconds, 1);
    EXPECT_EQ(verdict.quotas[0].left, 0);
    EXPECT_EQ(verdict.quotas[0].full_in_seconds, 3);
}

TEST_F(Meter, CountsClientsApart) {
    EXPECT_EQ(granted(10, "a"), 5);
    EXPECT_EQ(granted(10, "b"), 5);
}

TEST_F(Meter, BytesAreADebtThatTheNextRequestWaitsFor) {
    rates_ = {.bytes_per_second = 100};
    EXPECT_TRUE(asks());
    meter_.bytes("a", rates_, 1000, now_); // ten seconds' worth at once is free
    EXPECT_TRUE(asks());
    meter_.bytes("a", rates_, 250, now_);
    EXPECT_EQ(meter_.request("a", rates_, now_).retry_after_seconds, 3);
    now_ += milliseconds(2499);
    EXPECT_FALSE(asks());
    now_ += milliseconds(1);
    EXPECT_TRUE(asks());
}

TEST_F(Meter, WithoutARateThereIsNoLimit) {
    rates_ = {};
    EXPECT_EQ(granted(1000), 1000);
    EXPECT_EQ(meter_.clients(), 0);
}

TEST_F(Meter, HoldsNoMoreClientsThanItMay) {
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(asks(std::to_string(i)));
        EXPECT_LE(meter_.clients(), 3);
    }
}

TEST_F(Meter, ForgetsThoseFirstWhoAreOwedNothing) {
    EXPECT_EQ(granted(5, "busy"), 5);
    now_ += milliseconds(100);
    EXPECT_TRUE(asks("b"));
    EXPECT_TRUE(asks("c"));
    now_ += milliseconds(1200); // b and c are full again, busy is not
    EXPECT_TRUE(asks("d"));
    EXPECT_EQ(meter_.clients(), 2);
    EXPECT_EQ(granted(10, "busy"), 2);
}

TEST(QuotaHeaders, AreWrittenAsTheDraftSays) {
    Response response;
    add_quotas(response, {{"address", "", 100, 10, 57, 5}, {"address-bytes", "content-bytes", 1000, 10, 0, 9}});
    EXPECT_EQ(*response.headers.find("RateLimit-Policy"),
              "\"address\";q=100;w=10, \"address-bytes\";q=1000;qu=\"content-bytes\";w=10");
    EXPECT_EQ(*response.headers.find("RateLimit"), "\"address\";r=57;t=5, \"address-bytes\";r=0;t=9");
}

} // namespace
} // namespace inlet::http
