// Leases are kept while there is work, and given up in time, whatever the clocks do.
#include "pipeline/held_leases.hpp"

#include <gtest/gtest.h>

#include "catalog/memory/memory_catalog.hpp"

namespace inlet {

namespace {

class HeldLeasesTest : public testing::Test {
protected:
    HeldLeasesTest() {
        SubmissionRecord record;
        record.state = SubmissionState::queued;
        id_ = catalog_->create(record, {.type = "submission.received", .detail = "{}"}).value();
    }

    // Both clocks move.
    void pass(std::chrono::seconds time) {
        clock_.advance(std::chrono::microseconds(time).count());
        now_ += time;
    }

    ManualClock clock_;
    HeldLeases::Moment now_;
    std::unique_ptr<Catalog> catalog_ = make_memory_catalog(clock_);
    SubmissionId id_;
    std::vector<SubmissionId> lost_;
    HeldLeases leases_{catalog_->jobs(), "one", [this](SubmissionId id) { lost_.push_back(id); },
                       [this] { return now_; }};
};

TEST_F(HeldLeasesTest, AreRenewedAsLongAsTheWorkTakes) {
    ASSERT_TRUE(leases_.take(id_)->has_value());
    for (int i = 0; i < 20; ++i) {
        pass(HeldLeases::kRenewEvery);
        leases_.renew();
    }
    EXPECT_FALSE(catalog_->jobs().lease(id_, "two", HeldLeases::kTime)->has_value());
    EXPECT_TRUE(lost_.empty());
    leases_.give_back(id_);
    EXPECT_TRUE(catalog_->jobs().lease(id_, "two", HeldLeases::kTime)->has_value());
}

TEST_F(HeldLeasesTest, SurviveAWallClockThatJumps) {
    ASSERT_TRUE(leases_.take(id_)->has_value());
    clock_.advance(std::chrono::microseconds(std::chrono::hours(48)).count());
    leases_.renew();
    EXPECT_TRUE(lost_.empty());
    clock_.advance(-std::chrono::microseconds(std::chrono::hours(96)).count());
    now_ += HeldLeases::kRenewEvery;
    leases_.renew();
    EXPECT_TRUE(lost_.empty());
    EXPECT_FALSE(catalog_->jobs().lease(id_, "two", HeldLeases::kTime)->has_value());
}

TEST_F(HeldLeasesTest, AreLostOnceAnotherHasThem) {
    ASSERT_TRUE(leases_.take(id_)->has_value());
    clock_.advance(std::chrono::microseconds(std::chrono::hours(1)).count()); // the other's clock, say
    ASSERT_TRUE(catalog_->jobs().lease(id_, "two", HeldLeases::kTime)->has_value());
    leases_.renew();
    EXPECT_EQ(lost_, std::vector{id_});
    leases_.renew();
    EXPECT_EQ(lost_.size(), 1U) << "told once";
    leases_.give_back(id_);
    EXPECT_EQ(catalog_->jobs().all()->front().worker, "two");
}

} // namespace

} // namespace inlet
